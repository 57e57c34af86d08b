import type { ObjectReader } from '../decoding/object-reader.js';
import { checkExpression } from '../expression/compile-expression.js';
import { SPEC_LIMITS } from './spec-model.js';

/** Reads a member that is CEL, and compiles it. */
export function decodeExpression(reader: ObjectReader, name: string): void {
  const text = reader.text(name, { max: SPEC_LIMITS.expressionLength });
  const fault = text === '' ? undefined : checkExpression(text);
  if (fault) reader.fault(name, fault);
}
