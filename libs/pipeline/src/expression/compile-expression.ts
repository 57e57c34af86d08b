import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import { StageError } from './stage-error.js';
import { metered, spend, spendOfRecord } from './cost-meter.js';
import { ERROR_COST } from './expression-cost.js';
import { asWritten, registerExtraFunctions } from './extra-functions.js';
import { callStandIns, costOf, meterWork, unusableMember } from './expression-tree.js';

/** What an expression may read. */
export interface Variables {
  body: unknown;
  value: unknown;
  headers: unknown;
  key: unknown;
  offset: unknown;
  at: unknown;
}

/** A compiled expression: gives a CEL value. Throws a StageError. */
export type Expression = (variables: Variables) => unknown;

/** A compiled expression, and what its text tells of it. */
export interface CheckedExpression {
  evaluate: Expression;
  ast: ASTNode;
  /** Of the result, as the type checker names it. */
  type: string;
}

const environment = registerExtraFunctions(
  new Environment({
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: 1000, maxDepth: 32, maxListElements: 256, maxMapEntries: 256, maxCallArguments: 16 },
  }),
)
  .registerVariable('body', 'dyn')
  .registerVariable('value', 'dyn')
  .registerVariable('headers', 'map<string, string>')
  .registerVariable('key', 'dyn')
  .registerVariable('offset', 'int')
  .registerVariable('at', 'string');

/** Compiles CEL. Throws the parser's or type checker's error. */
export function compileExpression(text: string): Expression {
  return compileChecked(text).evaluate;
}

/** As `compileExpression`, with what the type checker found. */
export function compileChecked(text: string): CheckedExpression {
  const program = environment.parse(text);
  const { ast } = program;
  callStandIns(ast);
  const checked = program.check();
  if (!checked.valid) throw checked.error ?? new TypeError('does not type-check');
  const member = unusableMember(ast);
  if (member !== undefined) throw new TypeError(`a map literal cannot have the member ${member}`);
  const cost = costOf(ast);
  meterWork(ast);
  const evaluate = (variables: Variables) => {
    spend(cost);
    return program(variables as unknown as Record<string, unknown>);
  };
  return { evaluate: (variables) => run(evaluate, variables), ast, type: checked.type ?? 'dyn' };
}

function run(evaluate: Expression, variables: Variables): unknown {
  try {
    return metered(evaluate, variables);
  } catch (error) {
    spendOfRecord(ERROR_COST);
    if (error instanceof StageError) throw error;
    const message = summaryOf(error);
    if (message.includes('InexactNumber')) throw new StageError('number_not_exact', 'a number it uses cannot be held exactly');
    throw new StageError('expression_failed', message);
  }
}

/** An error of the library in one line, with functions named as they were written. */
export function summaryOf(error: unknown): string {
  const summary = (error as { summary?: unknown }).summary;
  const text = typeof summary === 'string' ? summary : error instanceof Error ? error.message : String(error);
  return asWritten(text.split('\n')[0]).slice(0, 200);
}
