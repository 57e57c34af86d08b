import type { ObjectReader } from '../decoding/object-reader.js';
import { type ResultRule, checkExpression } from '../expression/check-expression.js';
import { SPEC_LIMITS } from './spec-model.js';

/** Reads a member that is CEL, and checks what it gives. */
export function decodeExpression(reader: ObjectReader, name: string, rule: ResultRule): void {
  const text = reader.text(name, { max: SPEC_LIMITS.expressionLength });
  const fault = text === '' ? undefined : checkExpression(text, rule);
  if (fault) reader.fault(name, fault);
}
