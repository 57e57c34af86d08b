import type { ServiceName } from '@reenact/contracts';

/** What a service says about its messaging; everything but name and address has a default. */
export interface MessagingOptions {
  service: ServiceName;
  nats: { url: string };
  /** How often the relay looks for rows that a nudge missed; default `REENACT_OUTBOX_SWEEP_MS` or 1000. */
  outboxSweepMs?: number;
  /** How often the relay compares its rows with the streams; default one minute. */
  outboxReconcileMs?: number;
  /** Milliseconds before a failed message comes again, by the number of its failures (1, 2, ...). */
  backOff?: (failures: number) => number;
}

/** Nest token of `MessagingOptions`. */
export const MESSAGING_OPTIONS = Symbol('reenact:messaging-options');

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 60_000;

/** The default back-off: 0.5 s doubling to one minute, spread by a fifth so that equals do not return together. */
export function backOff(failures: number): number {
  const delay = Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), LONGEST_DELAY_MS);
  return Math.round(delay * (0.9 + Math.random() * 0.2));
}
