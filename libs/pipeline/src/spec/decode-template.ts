import { type Faults, pointer } from '../decoding/faults.js';
import { isObject } from '../decoding/object-reader.js';
import { checkExpression } from '../expression/check-expression.js';
import { SPEC_LIMITS } from './spec-model.js';

/** Reads the value of a map stage: CEL texts in a tree of lists and objects. */
export function decodeTemplate(value: unknown, path: string, faults: Faults): void {
  if (value === undefined) return;
  const budget = { nodes: SPEC_LIMITS.templateNodes };
  visit(value, path, 0, budget, faults);
  if (budget.nodes < 0) faults.add(path, `must have at most ${SPEC_LIMITS.templateNodes} parts`);
}

function visit(value: unknown, path: string, depth: number, budget: { nodes: number }, faults: Faults): void {
  budget.nodes -= 1;
  if (budget.nodes < 0) return;
  if (depth > SPEC_LIMITS.templateDepth) {
    faults.add(path, `must be at most ${SPEC_LIMITS.templateDepth} levels deep`);
  } else if (typeof value === 'string') {
    const fault = value.length > SPEC_LIMITS.expressionLength ? 'is too long' : checkExpression(value);
    if (fault) faults.add(path, fault);
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => visit(item, pointer(path, index), depth + 1, budget, faults));
  } else if (isObject(value)) {
    for (const [name, item] of Object.entries(value)) {
      if (name === '__proto__') faults.add(pointer(path, name), 'is not a name that can be used');
      else visit(item, pointer(path, name), depth + 1, budget, faults);
    }
  } else if (typeof value === 'number' && !isExact(value)) {
    faults.add(path, 'is a number that is not exact');
  }
}

function isExact(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
}
