import { Inject, Injectable } from '@nestjs/common';
import {
  type CallContext,
  type Envelope,
  type MessageDraft,
  newUuid,
  Problem,
  subjectOf,
  toHeaders,
  validate,
} from '@reenact/contracts';
import { crashPoint, SCHEMA, type Statement, type Transaction } from '@reenact/persistence';
import { MESSAGING_OPTIONS, type MessagingOptions } from './messaging-options.js';
import { OutboxRelay } from './outbox-relay.js';
import type { OutboxRow } from './outbox-store.js';
import { streamOf } from './subjects.js';

/** A message that has no contract class (sealed entries): subject, headers and payload as they shall travel. */
export interface RawMessage {
  /** Unique for ever; also `Nats-Msg-Id`. */
  id: string;
  subject: string;
  headers?: Record<string, string>;
  payload: string;
}

const MAX_PAYLOAD_BYTES = 768 * 1024;
const SUBJECT = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+$/;

/** What is to be said on one behalf. */
export interface Saying {
  context: CallContext;
  drafts: readonly MessageDraft[];
}

/** The only way for a service to say something: rows beside its state, published once they are committed. */
@Injectable()
export class Outbox {
  private readonly pending = new WeakMap<Transaction, RawMessage[]>();

  constructor(
    @Inject(MESSAGING_OPTIONS) private readonly options: MessagingOptions,
    @Inject(SCHEMA) private readonly schema: string,
    private readonly relay: OutboxRelay,
  ) {}

  /** Stores messages in this transaction, in the order given, and answers them as they will travel. A draft that breaks its contract throws `internal`. */
  add(tx: Transaction, context: CallContext, drafts: readonly MessageDraft[]): Promise<Envelope[]> {
    return this.addAll(tx, [{ context, drafts }]);
  }

  /** As `add`, for many at once: one statement, however many there are. */
  async addAll(tx: Transaction, sayings: readonly Saying[]): Promise<Envelope[]> {
    const time = new Date().toISOString();
    const said = sayings.flatMap(({ context, drafts }) =>
      drafts.map((draft) => ({ draft, envelope: this.envelope(draft, context, time) })),
    );
    const envelopes = said.map(({ envelope }) => envelope);
    await this.addRaw(
      tx,
      said.map(({ draft, envelope }) => ({
        id: envelope.id,
        subject: subjectOf(draft.contract, envelope.orgId),
        headers: toHeaders(envelope),
        payload: JSON.stringify(envelope.data),
      })),
    );
    return envelopes;
  }

  /** Stores messages as they are; one with a known id is not stored again. */
  async addRaw(tx: Transaction, messages: readonly RawMessage[]): Promise<void> {
    if (messages.length === 0) return;
    for (const { subject, payload } of messages) {
      if (!SUBJECT.test(subject)) throw new Problem('internal', { detail: `not a subject: ${subject}` });
      if (Buffer.byteLength(payload) > MAX_PAYLOAD_BYTES)
        throw new Problem('internal', { detail: `too large to be sent: ${subject}` });
    }
    this.messagesOf(tx).push(...messages);
  }

  /** What the transaction says so far; stored with its commit, all in one statement. */
  private messagesOf(tx: Transaction): RawMessage[] {
    const known = this.pending.get(tx);
    if (known) return known;
    const messages: RawMessage[] = [];
    this.pending.set(tx, messages);
    tx.beforeCommit(() => this.insertion(messages));
    tx.afterCommit(() => {
      crashPoint('outbox.after-commit-before-publish');
      this.relay.publish(messages.map(toRow));
    });
    return messages;
  }

  private insertion(messages: readonly RawMessage[]): Statement {
    return {
      sql: `insert into ${this.schema}.outbox (id, stream, subject, headers, payload)
       select id, stream, subject, headers, payload
       from unnest($1::text[], $2::text[], $3::text[], $4::jsonb[], $5::text[]) with ordinality
         as m(id, stream, subject, headers, payload, n)
       order by n
       on conflict (id) do nothing`,
      params: [
        messages.map((m) => m.id),
        messages.map((m) => streamOf(m.subject)),
        messages.map((m) => m.subject),
        messages.map((m) => JSON.stringify(m.headers ?? {})),
        messages.map((m) => m.payload),
      ],
    };
  }

  private envelope(draft: MessageDraft, context: CallContext, time: string): Envelope {
    const { contract, orgId, projectId, environmentId, aggregate } = draft;
    return {
      id: newUuid(),
      type: contract.type,
      source: this.options.service,
      time,
      orgId,
      ...(projectId !== undefined && { projectId }),
      ...(environmentId !== undefined && { environmentId }),
      aggregate: { kind: contract.aggregate, ...aggregate },
      ...context,
      data: checked(draft),
    };
  }
}

const toRow = ({ id, subject, headers = {}, payload }: RawMessage): OutboxRow => ({
  id,
  stream: streamOf(subject),
  subject,
  headers,
  payload,
});

// A message that breaks its contract would be refused by every consumer: better that its producer fails.
function checked({ contract, data }: MessageDraft): object {
  try {
    return validate(contract.payload, data, { unknownFields: 'drop' });
  } catch (cause) {
    throw new Problem('internal', { detail: `${contract.type} breaks its contract: ${describe(cause)}`, cause });
  }
}

function describe(cause: unknown): string {
  return cause instanceof Problem ? JSON.stringify(cause.options.errors) : String(cause);
}
