import { StageError } from './stage-error.js';

/**
 * What one evaluation may cost. A unit stands for about ten nanoseconds, but is counted from the sizes of what is worked on and not
 * measured: the same input costs the same wherever it runs.
 */
export const MAX_EVALUATION_COST = 40_000_000;
/** What all evaluations and payloads of one record may cost together. */
export const MAX_RECORD_COST = 100_000_000;

// Evaluations are synchronous, so one meter is enough.
const meter = { evaluation: MAX_EVALUATION_COST, record: MAX_RECORD_COST, inRecord: false };

// Made once: a loop that absorbs errors would spend longer on their stacks than on anything else.
const EVALUATION_FAULT = new StageError('expression_cost', 'it loops too often, or works on too much text, for one evaluation');
const RECORD_FAULT = new StageError('expression_cost', 'the record asks for more work than one record may');

/** Takes from the allowance of the evaluation that is under way. Throws `expression_cost` when it is used up. */
export function spend(amount: number): void {
  meter.evaluation -= amount;
  if (meter.evaluation < 0) throw EVALUATION_FAULT;
}

/** Whether the evaluation that is under way has used up its allowance, whoever absorbed the error of it. */
export function isSpent(): boolean {
  return meter.evaluation < 0;
}

/** Evaluates with a full allowance, or with what is left of the record's. Throws `expression_cost` when it was not enough. */
export function metered<T>(evaluate: (input: T) => unknown, input: T): unknown {
  const allowance = meter.inRecord ? Math.min(MAX_EVALUATION_COST, meter.record) : MAX_EVALUATION_COST;
  meter.evaluation = allowance;
  try {
    const result = evaluate(input);
    if (isSpent()) throw EVALUATION_FAULT;
    return result;
  } finally {
    if (meter.inRecord) meter.record -= allowance - meter.evaluation;
  }
}

/** Takes from what the record that is under way may cost; outside of records it does nothing. Throws `expression_cost` when that is used up. */
export function spendOfRecord(amount: number): void {
  if (!meter.inRecord) return;
  meter.record -= amount;
  if (meter.record < 0) throw RECORD_FAULT;
}

/** Whether the record that is under way has used up what it may cost: nothing more is done for it. */
export function isRecordSpent(): boolean {
  return meter.inRecord && meter.record < 0;
}

/** Works on one record, with its full allowance or a smaller one. */
export function meteredRecord<T>(work: () => T, allowance = MAX_RECORD_COST): T {
  meter.record = allowance;
  meter.inRecord = true;
  try {
    return work();
  } finally {
    meter.inRecord = false;
  }
}
