import { Problem } from '@reenact/contracts';
import { Faults } from '../decoding/faults.js';
import { ObjectReader } from '../decoding/object-reader.js';
import { checkExpression } from '../expression/check-expression.js';
import { CONDITION } from '../spec/result-rules.js';
import { SPEC_LIMITS } from '../spec/spec-model.js';
import type { Selection } from './selection.js';

/** Reads a selection strictly; null counts as absent. Throws `validation_failed` with paths below `path`. */
export function decodeSelection(json: unknown, path = ''): Selection {
  if (json === undefined || json === null) return {};
  const faults = new Faults();
  const reader = ObjectReader.of(json, path, faults);
  const selection = reader ? readMembers(reader) : {};
  if (faults.any) throw new Problem('validation_failed', { detail: faults.first, errors: faults.list });
  return selection;
}

function readMembers(reader: ObjectReader): Selection {
  const max = Number.MAX_SAFE_INTEGER;
  const given = (name: string) => reader.raw(name) !== undefined && reader.raw(name) !== null;
  const selection: Selection = {};
  if (given('fromOffset')) selection.fromOffset = reader.integer('fromOffset', 0, max);
  if (given('toOffset')) selection.toOffset = reader.integer('toOffset', 0, max);
  if (given('lastN')) selection.lastN = reader.integer('lastN', 1, max);
  if (given('where')) {
    selection.where = reader.text('where', { max: SPEC_LIMITS.expressionLength });
    const fault = selection.where === '' ? undefined : checkExpression(selection.where, CONDITION);
    if (fault) reader.fault('where', fault);
  }
  const { fromOffset, toOffset } = selection;
  if (fromOffset !== undefined && toOffset !== undefined && toOffset < fromOffset) {
    reader.fault('toOffset', 'must not be less than fromOffset');
  }
  reader.end();
  return selection;
}
