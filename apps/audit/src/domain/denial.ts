import type { EntryDraft } from './entry-draft.js';

/** What makes two denials equal, and how many calls one stands for. */
export interface Denial {
  log: string;
  actor: string;
  code: string;
  /** RFC 3339, to the minute. */
  minute: string;
  count: number;
}

/** The denial that a draft states: denied, with a code and a count; undefined for everything else. */
export function denialOf({ log, body }: EntryDraft): Denial | undefined {
  const { code, count } = body.data as { code?: unknown; count?: unknown };
  if (body.outcome !== 'denied' || typeof code !== 'string' || typeof count !== 'number') return undefined;
  return { log, actor: `${body.actor.kind}:${body.actor.id}`, code, minute: `${body.at.slice(0, 16)}:00.000Z`, count };
}

/** The same denial, standing for `count` calls under an id of its own. */
export function withCount(draft: EntryDraft, id: string, count: number): EntryDraft {
  return { ...draft, body: { ...draft.body, id, data: { ...(draft.body.data as object), count } } };
}
