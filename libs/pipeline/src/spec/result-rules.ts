import { checkHttpPath, checkNatsSubject } from '../engine/address.js';
import { requireBool } from '../engine/compile-stage.js';
import type { ResultRule } from '../expression/check-expression.js';

/** What the expressions of a spec, and of a selection, have to give: held against the same checks as when they run. */
export const CONDITION: ResultRule = { type: 'bool', accept: requireBool };
export const ITEMS: ResultRule = { type: 'list' };
export const PATH: ResultRule = { type: 'string', accept: checkHttpPath };
export const SUBJECT: ResultRule = { type: 'string', accept: checkNatsSubject };
