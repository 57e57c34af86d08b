import { spendOfRecord } from '../expression/cost-meter.js';
import { InexactNumber } from '../expression/exact-json.js';
import { StageError } from '../expression/stage-error.js';
import type { Item } from './item.js';

/** What may wait in all windows of a run together: in characters of the records, or of what was made of them where that is more. */
export const MAX_WINDOW_SIZE = 64 * 1024 * 1024;
/** What one node of a JSON value counts for, texts and names aside. */
const NODE_SIZE = 32;
/** Of looking at one node. */
const NODE_COST = 5;

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
    const size = sizeOf(item);
    window.values.push(item.json);
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

/** Counted, not measured: the same wherever it runs. A part of a text may hold on to all of it, so that a record counts in any case. */
function sizeOf(item: Item): number {
  const { length } = item.record.line;
  return item.isInput ? length : Math.max(length, heldSize(item.json));
}

/** Of a JSON value, whatever its depth; what is too large for a window is not counted to its end. */
function heldSize(value: unknown): number {
  let [size, nodes] = [0, 0];
  const pending = [value];
  while (pending.length > 0 && size <= MAX_WINDOW_SIZE) {
    const node = pending.pop();
    nodes += 1;
    size += NODE_SIZE;
    if (typeof node === 'string' || node instanceof Uint8Array) size += node.length;
    else if (node instanceof InexactNumber) size += node.text.length;
    else if (Array.isArray(node)) for (const member of node) pending.push(member);
    else if (typeof node === 'object' && node !== null) {
      for (const [name, member] of Object.entries(node)) {
        size += name.length;
        pending.push(member);
      }
    }
  }
  spendOfRecord(nodes * NODE_COST);
  return size;
}
