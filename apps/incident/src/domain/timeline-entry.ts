import { bareActor, EVENTS, type Envelope, type TimelineEntry } from '@reenact/contracts';

/** What an entry says beyond who, when and about what. */
export type EntryDetail = Pick<TimelineEntry, 'text' | 'data'>;

/** The entry that an event leaves; its id is the event's, so that it is there once and in the event's place. */
export function entryOf(envelope: Envelope, detail: EntryDetail = {}): TimelineEntry {
  const { id, type, time, actor, aggregate } = envelope;
  const audit = EVENTS.get(type)?.audit;
  return {
    id,
    at: time,
    kind: audit ? audit.type : type,
    actor: bareActor(actor),
    subject: { kind: aggregate.kind, id: aggregate.id },
    ...detail,
  };
}
