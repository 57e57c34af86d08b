/** A JetStream stream as `apply-topology` makes it; names and limits are the contract, replicas are the installation's choice. */
export interface StreamDeclaration {
  name: 'CMD' | 'EVT' | 'TEL' | 'AUDIT_SEALED';
  subjects: string[];
  maxAgeMs: number;
  maxBytes: number;
  maxMessagesPerSubject?: number;
  maxMessageBytes: number;
  /** How long JetStream itself drops a repeated `Nats-Msg-Id`: an economy, never what correctness rests on. */
  duplicateWindowMs: number;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const MIB = 1024 * 1024;

export const STREAMS: readonly StreamDeclaration[] = [
  {
    name: 'CMD',
    subjects: ['cmd.>'],
    maxAgeMs: 7 * DAY,
    maxBytes: 512 * MIB,
    maxMessageBytes: MIB,
    duplicateWindowMs: 2 * MINUTE,
  },
  {
    name: 'EVT',
    subjects: ['evt.>'],
    maxAgeMs: 7 * DAY,
    maxBytes: 2048 * MIB,
    maxMessageBytes: MIB,
    duplicateWindowMs: 2 * MINUTE,
  },
  {
    name: 'TEL',
    subjects: ['tel.>'],
    maxAgeMs: 7 * DAY,
    maxBytes: 512 * MIB,
    maxMessagesPerSubject: 256,
    maxMessageBytes: 64 * 1024,
    duplicateWindowMs: 2 * MINUTE,
  },
  {
    name: 'AUDIT_SEALED',
    subjects: ['audit.sealed.>'],
    maxAgeMs: 7 * DAY,
    maxBytes: 1024 * MIB,
    maxMessageBytes: MIB,
    duplicateWindowMs: 2 * MINUTE,
  },
];

/** Deliveries before a message becomes a dead letter. */
export const MAX_DELIVERIES = 10;
