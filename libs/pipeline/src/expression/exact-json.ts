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

/** Only texts with a run of 16 digits or a large negative exponent can hold a number that JSON.parse would round silently. */
const SUSPICIOUS = /\d[\d.]{15}|[eE]-\d{3}/;

/** Parses JSON; numbers that would be rounded become `InexactNumber`. Throws a SyntaxError on what is not JSON. */
export function parseExactJson(text: string): unknown {
  const plain: unknown = JSON.parse(text);
  return SUSPICIOUS.test(text) ? new JsonScanner(text).value(exactNumber) : plain;
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
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}
