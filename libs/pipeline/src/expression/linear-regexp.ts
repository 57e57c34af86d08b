import { setFlagsFromString } from 'node:v8';

// V8's second engine runs in time linear to the text, as CEL's RE2 does; a pattern it cannot run so is refused.
setFlagsFromString('--enable-experimental-regexp-engine');

const MAX_PATTERN_LENGTH = 1024;
/** The engine writes repetitions out, nested ones multiplied, and refuses a pattern with more copies of a part. */
const MAX_COPIES = 16;
const REPETITION = /\{(\d+)(?:(,)(\d*))?\}/y;
const CLASS = /\[(?:[^\]\\]|\\.)*\]/y;
/** `\w`, `\s` and their like are several ranges. */
const ESCAPE_WEIGHT = 5;
const ESCAPED = '.'.repeat(ESCAPE_WEIGHT);

interface LinearPattern {
  regexp: RegExp;
  /** How many states it may be in at once, at most: each costs its time at every character of a text. */
  weight: number;
}

const known = new Map<string, LinearPattern>();

/** Whether a pattern is found in a text, in linear time. Throws a SyntaxError on patterns with back references or look-around. */
export function matchesLinear(text: string, pattern: string): boolean {
  return linearPattern(pattern).regexp.test(text);
}

/** A pattern made ready. Throws a SyntaxError on one that cannot be run in linear time. */
export function linearPattern(pattern: string): LinearPattern {
  const found = known.get(pattern);
  if (found) return found;
  if (pattern.length > MAX_PATTERN_LENGTH) throw new SyntaxError(`the pattern is longer than ${MAX_PATTERN_LENGTH} characters`);
  // oxlint-disable-next-line no-invalid-regexp -- the flag of the engine switched on above
  const made = { regexp: new RegExp(pattern, 'l'), weight: weigh(pattern) };
  if (known.size >= 1000) known.clear();
  known.set(pattern, made);
  return made;
}

/** Counts the parts of a valid pattern, those repeated as often as the engine writes them out. */
function weigh(pattern: string): number {
  const outer: number[] = [];
  let sum = 1;
  let last = 0;
  const add = (weight: number) => {
    last = weight;
    sum += weight;
  };
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern[at];
    const long = char === '[' ? matchAt(CLASS, pattern, at) : char === '{' ? matchAt(REPETITION, pattern, at) : undefined;
    if (char === '(') {
      outer.push(sum);
      sum = 1;
    } else if (char === ')') {
      const inner = sum;
      sum = outer.pop() ?? 0;
      add(inner);
    } else if (char === '\\') {
      add(ESCAPE_WEIGHT);
      at += 1;
    } else if (char === '+') add(last);
    else if (char === '{' && long) add(last * copiesOf(long));
    else add(char === '[' && long ? rangesOf(long[0]) : 1);
    if (long) at += long[0].length - 1;
  }
  return sum;
}

/** Of a class in brackets, at most. */
function rangesOf(text: string): number {
  return text.replaceAll(/\\./g, ESCAPED).replaceAll(/.-[^\]]/g, 'r').length - 2;
}

function copiesOf([, least, open, most]: RegExpExecArray): number {
  const copies = open !== undefined && most === '' ? Number(least) + 1 : Number(most ?? least);
  return Math.min(MAX_COPIES, copies);
}

function matchAt(sticky: RegExp, text: string, at: number): RegExpExecArray | undefined {
  sticky.lastIndex = at;
  return sticky.exec(text) ?? undefined;
}
