import { requireBool } from '../engine/compile-stage.js';
import { Item } from '../engine/item.js';
import { compileExpression } from '../expression/compile-expression.js';
import { StageError } from '../expression/stage-error.js';
import type { JournalRecord } from '../journal/journal-record.js';
import { batchesOf } from '../journal/record-stream.js';
import type { ConditionErrors } from '../report/report.js';
import type { PlanRequest } from './build-plan.js';
import type { Selection } from './selection.js';

type Filter = (record: JournalRecord) => boolean;

/** Which records are selected, and what went wrong in finding out. */
export interface RecordSelector {
  /** To be asked once for each record, in the order of offsets. */
  selects: Filter;
  /** The records that `where` failed on so far; absent while there are none. */
  readonly conditionErrors?: ConditionErrors;
}

/** A filter that also knows `lastN`: for that it reads all records once before, as `buildPlan` would. */
export async function selectRecords(
  selection: Selection,
  records: () => AsyncIterable<JournalRecord>,
  { signal, breathe }: Pick<PlanRequest, 'signal' | 'breathe'> = {},
): Promise<RecordSelector> {
  const found: { conditionErrors?: ConditionErrors } = {};
  const filter = recordFilter(selection, ({ offset }, { code, message }) => {
    found.conditionErrors ??= { count: 0, first: { offset, code, message } };
    found.conditionErrors.count += 1;
  });
  const selector = (selects: Filter): RecordSelector => Object.assign(found, { selects });
  const { lastN } = selection;
  if (lastN === undefined) return selector(filter);
  const counting = recordFilter(selection);
  let matching = 0;
  for await (const batch of batchesOf(records())) {
    for (const record of batch) {
      signal?.throwIfAborted();
      if (counting(record)) matching += 1;
      const pause = breathe?.();
      if (pause) await pause;
    }
  }
  let skip = Math.max(0, matching - lastN);
  return selector((record) => filter(record) && skip-- <= 0);
}

/** Whether a record is selected, `lastN` aside. A record that `where` fails on is not. */
function recordFilter(selection: Selection, onError?: (record: JournalRecord, error: StageError) => void): Filter {
  const { fromOffset = 0, toOffset = Number.MAX_SAFE_INTEGER, where } = selection;
  const condition = where === undefined ? undefined : compileExpression(where);
  return (record) => {
    if (record.offset < fromOffset || record.offset > toOffset) return false;
    if (!condition) return true;
    try {
      return requireBool(condition(Item.input(record)));
    } catch (error) {
      if (!(error instanceof StageError)) throw error;
      onError?.(record, error);
      return false;
    }
  };
}
