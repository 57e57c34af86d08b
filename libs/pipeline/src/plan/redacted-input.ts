import type { EngineAction } from '../engine/action.js';

/** Also inside a longer text and in the other case: what was made of a token is as unusable as the token. */
const TOKEN = /rdx1_[a-z0-9_-]{43}/i;
const MARK = Buffer.from('rdx1_');
const MARK_UPPER = Buffer.from('RDX1_');

/** Whether an action would carry a token that stands for a redacted value: in its address, its headers or its payload. */
export function hasRedactedInput({ path, subject, headers, payload }: EngineAction): boolean {
  if (path !== undefined && TOKEN.test(path)) return true;
  if (subject !== undefined && TOKEN.test(subject)) return true;
  for (const name in headers) if (TOKEN.test(headers[name])) return true;
  return (payload.includes(MARK) || payload.includes(MARK_UPPER)) && TOKEN.test(payload.toString('latin1'));
}
