import { JsonScanner } from './json-scanner.js';
import { StageError } from './stage-error.js';

/** A number of a JSON text that no double holds exactly. Whoever touches it fails; nobody rounds it. */
export class InexactNumber {
  constructor(readonly text: string) {}

  /** JSON writers call this. Throws `number_not_exact`. */
  toJSON(): never {
    throw new StageError('number_not_exact', `the number ${this.text.slice(0, 40)} cannot be held exactly`);
  }
}

/** Characters of the shortest number that JSON.parse could round, its sign, zeros in front and exponent aside. */
const LONG = 16;
/** What no double holds: it would be zero, or infinite. */
const LARGE_EXPONENT = /[eE][+-]?\d{3}/;

/** Parses JSON; numbers that would be rounded become `InexactNumber`. Throws a SyntaxError on what is not JSON. */
export function parseExactJson(text: string): unknown {
  const plain: unknown = JSON.parse(text);
  return mayBeInexact(text) ? new JsonScanner(text).value(exactNumber) : plain;
}

/** Whether a number in a text may be one that is rounded: only then it is read number by number, which takes far longer. */
export function mayBeInexact(text: string): boolean {
  return hasLongNumber(text) || LARGE_EXPONENT.test(text);
}

/** Whether 16 digits and dots stand in a row: then one of every sixteenth characters is among them, and the others need no look. */
function hasLongNumber(text: string): boolean {
  for (let at = LONG - 1; at < text.length; at += LONG) {
    if (!isDigitOrDot(text, at)) continue;
    let start = at;
    while (start > at - LONG + 1 && isDigitOrDot(text, start - 1)) start -= 1;
    let end = at + 1;
    while (end - start < LONG && isDigitOrDot(text, end)) end += 1;
    if (end - start >= LONG) return true;
  }
  return false;
}

function isDigitOrDot(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (code >= 0x30 && code <= 0x39) || code === 0x2e;
}

function exactNumber(text: string): number | InexactNumber {
  const value = Number(text);
  return isExact(value, text) ? value : new InexactNumber(text);
}

function isExact(value: number, text: string): boolean {
  if (!Number.isFinite(value)) return false;
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return false;
  return digitsOf(String(value)) === digitsOf(text);
}

/** A number's text without what does not change its value: significant digits and the power of ten of the last of them. */
function digitsOf(text: string): string {
  const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = digits.slice(0, endOfSignificant(digits));
  if (significant === '') return '0';
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}

/** Where the zeros at the end begin; a regular expression would try them anew from each zero on. */
function endOfSignificant(digits: string): number {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end -= 1;
  return end;
}
