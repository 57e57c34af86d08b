import { Environment } from '@marcbachmann/cel-js';
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

/** Why a text is not a usable expression, or undefined when it is one. */
export function checkExpression(text: string): string | undefined {
  try {
    compileExpression(text);
    return undefined;
  } catch (error) {
    return `is not a valid expression: ${summaryOf(error)}`;
  }
}

/** Compiles CEL. Throws the parser's or type checker's error. */
export function compileExpression(text: string): Expression {
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
  return (variables) => run(evaluate, variables);
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

function summaryOf(error: unknown): string {
  const summary = (error as { summary?: unknown }).summary;
  const text = typeof summary === 'string' ? summary : error instanceof Error ? error.message : String(error);
  return asWritten(text.split('\n')[0]).slice(0, 200);
}
