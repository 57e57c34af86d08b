import { Problem, type ProblemDocument } from '@reenact/contracts';

/** What an answer looks like on the wire: one of the two. */
export interface RpcReply<A = unknown> {
  answer?: A;
  problem?: ProblemDocument;
}

/** Larger answers are paged or are blobs. */
export const MAX_ANSWER_BYTES = 512 * 1024;

/** The reply for an answer; throws `internal` when it is too large to cross. */
export function replyWith(answer: unknown): RpcReply {
  const bytes = answer === undefined ? 0 : Buffer.byteLength(JSON.stringify(answer) ?? '');
  if (bytes > MAX_ANSWER_BYTES)
    throw new Problem('internal', { detail: `the answer has ${bytes} bytes: page it or answer a reference` });
  return { answer };
}

/** The reply for what a handler threw: problems as they are, anything else as `internal` without its details. */
export function replyForError(error: unknown): RpcReply {
  return { problem: (error instanceof Problem ? error : new Problem('internal')).toDocument() };
}

/** The answer, or the problem thrown. */
export function unwrapReply<A>(reply: RpcReply<A>): A {
  if (reply.problem) throw Problem.fromDocument(reply.problem);
  return reply.answer as A;
}
