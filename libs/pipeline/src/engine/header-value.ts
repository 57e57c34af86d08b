import { spendOfRecord } from '../expression/cost-meter.js';
import { StageError } from '../expression/stage-error.js';

/** Characters of one value: what servers commonly take of all headers of a request together. */
const MAX_LENGTH = 8192;
/** What HTTP carries (RFC 9110, section 5.5). */
const VALUE = /^[\t -~\x80-\xff]*$/;

/** A captured value that is sent on. Throws `header_invalid` where no request could have it: better in the plan than half-way through it. */
export function checkHeader(name: string, value: string): string {
  spendOfRecord(value.length);
  if (value.length > MAX_LENGTH) throw new StageError('header_invalid', `${name} is longer than ${MAX_LENGTH} characters`);
  if (!VALUE.test(value)) throw new StageError('header_invalid', `${name} has characters that no header can have`);
  return value;
}
