import { requireBool } from '../engine/compile-stage.js';
import { Item } from '../engine/item.js';
import { compileExpression } from '../expression/compile-expression.js';
import { StageError } from '../expression/stage-error.js';
import type { JournalRecord } from '../journal/journal-record.js';
import { batchesOf } from '../journal/record-stream.js';
import type { PlanRequest } from './build-plan.js';
import type { Selection } from './selection.js';

/** Whether a record is selected, `lastN` aside. A record that `where` fails on is not. */
export function recordFilter(selection: Selection): (record: JournalRecord) => boolean {
  const { fromOffset = 0, toOffset = Number.MAX_SAFE_INTEGER, where } = selection;
  const condition = where === undefined ? undefined : compileExpression(where);
  return (record) => {
    if (record.offset < fromOffset || record.offset > toOffset) return false;
    if (!condition) return true;
    try {
      return requireBool(condition(Item.input(record)));
    } catch (error) {
      if (error instanceof StageError) return false;
      throw error;
    }
  };
}

/** A filter that also knows `lastN`: for that it reads all records once before, as `buildPlan` would. */
export async function selectRecords(
  selection: Selection,
  records: () => AsyncIterable<JournalRecord>,
  { signal, breathe }: Pick<PlanRequest, 'signal' | 'breathe'> = {},
): Promise<(record: JournalRecord) => boolean> {
  const filter = recordFilter(selection);
  const { lastN } = selection;
  if (lastN === undefined) return filter;
  let matching = 0;
  for await (const batch of batchesOf(records())) {
    for (const record of batch) {
      signal?.throwIfAborted();
      if (filter(record)) matching += 1;
      const pause = breathe?.();
      if (pause) await pause;
    }
  }
  let skip = Math.max(0, matching - lastN);
  return (record) => filter(record) && skip-- <= 0;
}
