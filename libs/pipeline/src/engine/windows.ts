import { isObject } from '../decoding/object-reader.js';
import { spendOfRecord } from '../expression/cost-meter.js';
import { InexactNumber } from '../expression/exact-json.js';
import { StageError } from '../expression/stage-error.js';
import type { Item } from './item.js';

/** What may wait in all windows of a run together: in characters of the records, or by what was made of them. */
export const MAX_WINDOW_SIZE = 64 * 1024 * 1024;
/** What one node of a JSON value counts for, texts and names aside. */
const NODE_SIZE = 32;
/** Of looking at one node, of finding it by its name, of copying a text, and each of its characters. */
const NODE_COST = 5;
const MEMBER_COST = 50;
const COPY_COST = 200;
const SIZE_COST = 0.2;
/** Below this length a text is never a part of another one. */
const SHORT = 13;

interface Window {
  values: unknown[];
  size: number;
}

/** The values that wait in the windows of a run, by the index of the stage. */
export class Windows {
  private readonly waiting = new Map<number, Window>();
  /** Of all of them. */
  private size = 0;

  /** The same values, to go on from with others. */
  fork(): Windows {
    const fork = new Windows();
    for (const [index, { values, size }] of this.waiting) fork.waiting.set(index, { values: [...values], size });
    fork.size = this.size;
    return fork;
  }

  /** Takes the next value of a window; gives all of them once they are so many. Throws `result_too_large`, and that window is dropped. */
  fill(index: number, count: number, item: Item): unknown[] | undefined {
    const window = this.waiting.get(index) ?? { values: [], size: 0 };
    const { value, size } = held(item);
    window.values.push(value);
    window.size += size;
    this.size += size;
    const isTooLarge = this.size > MAX_WINDOW_SIZE;
    if (!isTooLarge && window.values.length < count) {
      this.waiting.set(index, window);
      return undefined;
    }
    this.waiting.delete(index);
    this.size -= window.size;
    if (!isTooLarge) return window.values;
    throw new StageError('result_too_large', `what waits in windows is larger than ${MAX_WINDOW_SIZE} together`);
  }
}

/** What is to be held of an item, and its size: counted, not measured, so that it is the same wherever it runs. */
function held(item: Item): { value: unknown; size: number } {
  if (item.isInput) return { value: item.json, size: item.record.line.length };
  const value = detached(item.json);
  return { value, size: detachParts(value) };
}

/**
 * Replaces the texts in a JSON value by copies, which nobody can tell: a text that was cut out of a longer one holds on to all of that.
 * Answers the size of the value, whatever its depth; what is too large for windows is not looked at to its end.
 */
function detachParts(root: unknown): number {
  let size = NODE_SIZE + textLength(root);
  let cost = 0;
  const pending = [root];
  const take = (holder: object, name: string | number, part: unknown) => {
    size += NODE_SIZE + textLength(part);
    cost += NODE_COST;
    if (textLength(part) >= SHORT) {
      cost += COPY_COST;
      // An assignment would not find a member named __proto__.
      Object.defineProperty(holder, name, { value: detached(part) });
    } else if (typeof part === 'object' && part !== null) pending.push(part);
  };
  while (pending.length > 0 && size <= MAX_WINDOW_SIZE) {
    const value = pending.pop();
    if (Array.isArray(value)) for (let at = 0; at < value.length; at += 1) take(value, at, value[at]);
    else if (isObject(value) && !isText(value)) {
      for (const name of Object.keys(value)) {
        size += name.length;
        cost += MEMBER_COST;
        take(value, name, value[name]);
      }
    }
  }
  spendOfRecord(cost + Math.ceil(size * SIZE_COST));
  return size;
}

function isText(value: unknown): value is string | Uint8Array | InexactNumber {
  return typeof value === 'string' || value instanceof Uint8Array || value instanceof InexactNumber;
}

function textLength(value: unknown): number {
  if (!isText(value)) return 0;
  return value instanceof InexactNumber ? value.text.length : value.length;
}

function detached(value: unknown): unknown {
  if (typeof value === 'string') return copyOf(value);
  return value instanceof InexactNumber ? new InexactNumber(copyOf(value.text)) : value;
}

/** Short texts are copies anyway; the others are one byte per character, or two. */
function copyOf(text: string): string {
  if (text.length < SHORT) return text;
  const copy = Buffer.from(text, 'latin1').toString('latin1');
  return copy === text ? copy : Buffer.from(text, 'utf16le').toString('utf16le');
}
