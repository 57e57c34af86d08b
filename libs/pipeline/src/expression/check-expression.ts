import type { ASTNode } from '@marcbachmann/cel-js';
import { type CheckedExpression, type Variables, compileChecked, summaryOf } from './compile-expression.js';
import { meteredRecord } from './cost-meter.js';
import { literalPatterns, namesIn } from './expression-tree.js';
import { linearPattern } from './linear-regexp.js';
import { StageError } from './stage-error.js';

/** What an expression has to give. */
export interface ResultRule {
  type: 'bool' | 'string' | 'list';
  /** Throws a StageError on a result of the type that cannot be used. */
  accept?: (result: unknown) => unknown;
}

const MEANINGS = { bool: 'true or false', string: 'text', list: 'a list' } as const;
/** Known only when it runs: the library's name for any type, and for the types of what empty lists and maps hold. */
const OPEN_TYPE = /^(?:dyn|[A-Z])$/;
/** What an expression that reads nothing may cost to be tried; more is found out when it runs. */
const TRIAL_COST = 100_000;

/**
 * Why a text is not a usable expression, or undefined when it is one. With a rule also why, whatever record it is given, its result is none:
 * by its type, or by the result of one that reads nothing of a record.
 */
export function checkExpression(text: string, rule?: ResultRule): string | undefined {
  try {
    const checked = compileChecked(text);
    checkNames(checked.ast);
    for (const pattern of literalPatterns(checked.ast)) checkPattern(pattern);
    return rule && checkResult(checked, rule);
  } catch (error) {
    return `is not a valid expression: ${summaryOf(error)}`;
  }
}

/** The library's checker knows the name also where what is behind it is switched off. */
function checkNames(ast: ASTNode): void {
  if (namesIn(ast).some(({ type }) => type === 'OptionalNamespace')) throw new TypeError('Unknown variable: optional');
}

function checkPattern(pattern: string): void {
  try {
    linearPattern(pattern);
  } catch (error) {
    throw new SyntaxError(`the pattern '${pattern.slice(0, 100)}' cannot be matched: ${summaryOf(error)}`);
  }
}

function checkResult(checked: CheckedExpression, rule: ResultRule): string | undefined {
  const { type } = checked;
  const fits = OPEN_TYPE.test(type) || type === rule.type || type.startsWith(`${rule.type}<`);
  if (!fits) return `must give ${MEANINGS[rule.type]}, not ${type}`;
  return isConstant(checked.ast) ? tryOut(checked, rule) : undefined;
}

function isConstant(ast: ASTNode): boolean {
  return !namesIn(ast).some(({ name }) => Object.hasOwn(NOTHING, name));
}

const NOTHING = { body: null, value: null, headers: new Map(), key: null, offset: 0n, at: '' } satisfies Variables;

function tryOut({ evaluate }: CheckedExpression, { accept }: ResultRule): string | undefined {
  try {
    meteredRecord(() => {
      const result = evaluate(NOTHING);
      accept?.(result);
    }, TRIAL_COST);
    return undefined;
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    return error.code === 'expression_cost' ? undefined : error.message;
  }
}
