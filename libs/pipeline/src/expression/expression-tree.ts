import type { ASTNode } from '@marcbachmann/cel-js';
import { isSpent, spend } from './cost-meter.js';
import { MATCHES, standInFor } from './extra-functions.js';
import { ERROR_COST, NODE_COST, TURN_COST, functionCost, spendOperator, spendRange } from './expression-cost.js';

interface Typed {
  checkedType?: { type: string };
}

interface Node extends Typed {
  op: string;
  args: unknown;
  meta: Record<string, unknown>;
  setMeta(key: string, value: unknown): unknown;
  left?: Evaluable & Typed;
  right?: Typed & { op?: string };
  /** What does the node's work once its parts are evaluated; the type check sets it. */
  handle?: (first: unknown, second: unknown, third: unknown, fourth: unknown) => unknown;
}

interface Evaluable {
  maybeAsync: boolean;
  evaluate(evaluator: unknown, node: unknown, context: unknown): unknown;
}

interface Loop {
  iterable: unknown;
  step: Evaluable;
  kind?: string;
  condition?: (found: unknown) => boolean;
}

const COSTLY_OPERATORS = new Set(['+', '==', '!=', 'in', '<', '<=', '>', '>=']);
/** Operands of these types are as small as their parts of the expression. */
const SMALL_TYPES = new Set(['int', 'uint', 'double', 'bool', 'null']);

/** Makes everything in a checked expression that takes time by the size of what it is given take its cost first. */
export function meterWork(ast: ASTNode): void {
  visit(ast, (node) => {
    if (node.op === 'comprehension') meterLoop(node);
    else if (node.op === 'call' || node.op === 'rcall') meterFunction(node);
    else if (COSTLY_OPERATORS.has(node.op)) meterOperator(node);
    else if ((node.op === '||' || node.op === '&&') && node.left) node.left = chargingErrors(node.left);
  });
}

/** What one evaluation of an expression costs, turns of loops and sizes aside. */
export function costOf(ast: ASTNode): number {
  return countNodes(ast) * NODE_COST;
}

function meterLoop(node: Node): void {
  const loop = node.args as Loop;
  const { step, condition } = loop;
  const cost = Math.max(TURN_COST, countNodes(step) * NODE_COST);
  const turn: Evaluable = {
    maybeAsync: step.maybeAsync,
    evaluate: (evaluator, _node, context) => {
      spend(cost);
      return step.evaluate(evaluator, step, context);
    },
  };
  const { handle } = node;
  node.handle = (range, second, third, fourth) => {
    spendRange(range);
    return handle?.(range, second, third, fourth);
  };
  loop.step = turn;
  if (loop.kind !== 'quantifier' || !condition) return;
  // all() and exists() absorb errors of their predicate: without an allowance they end as if they had found.
  loop.step = chargingErrors(turn);
  loop.condition = (found) => !isSpent() && condition(found);
}

function chargingErrors(inner: Evaluable): Evaluable {
  return {
    maybeAsync: inner.maybeAsync,
    evaluate: (evaluator, _node, context) => {
      try {
        return inner.evaluate(evaluator, inner, context);
      } catch (error) {
        spend(ERROR_COST);
        throw error;
      }
    },
  };
}

/** The arguments come evaluated, the receiver first. */
function meterFunction(node: Node): void {
  const { handle } = node;
  if (!handle) return;
  const cost = functionCost(String((node.args as unknown[])[0]));
  node.handle = (args, second, third, fourth) => {
    spend(cost(args as unknown[]));
    return handle(args, second, third, fourth);
  };
}

function meterOperator(node: Node): void {
  const { handle, op, left, right } = node;
  if (!handle || (op !== 'in' && (isSmall(left) || isSmall(right)))) return;
  node.handle = (first, second, third, fourth) => {
    spendOperator(op, first, second);
    return handle(first, second, third, fourth);
  };
}

function isSmall(operand: Typed | undefined): boolean {
  return SMALL_TYPES.has(operand?.checkedType?.type ?? '');
}

/** Makes an expression call our functions where those of the library would not do. */
export function callStandIns(ast: ASTNode): void {
  visit(ast, (node) => {
    if (node.op !== 'rcall' && node.op !== 'call') return;
    const parts = node.args as unknown[];
    const [name, passed] = [parts[0] as string, parts.at(-1) as unknown[]];
    parts[0] = standInFor(name, passed.length);
  });
}

/** A member name that the library silently leaves out of map literals. */
export function unusableMember(ast: ASTNode): string | undefined {
  let found: string | undefined;
  visit(ast, (node) => {
    if (node.op !== 'map') return;
    for (const [key] of node.args as [Node, Node][]) {
      if (key.op === 'value' && ['__proto__', 'constructor', 'prototype'].includes(String(key.args))) found = String(key.args);
    }
  });
  return found;
}

/** The patterns that are written out where a text is matched, of an expression that calls our functions. */
export function literalPatterns(ast: ASTNode): string[] {
  const found: string[] = [];
  visit(ast, (node) => {
    if (node.op !== 'rcall') return;
    const [name, , passed] = node.args as [string, Node, Node[]];
    const pattern = name === MATCHES ? passed[0] : undefined;
    if (pattern?.op === 'value' && typeof pattern.args === 'string') found.push(pattern.args);
  });
  return found;
}

/** The names in a checked expression, with their types where they are used for a value. */
export function namesIn(ast: ASTNode): { name: string; type?: string }[] {
  const found: { name: string; type?: string }[] = [];
  visit(ast, (node) => {
    if (node.op === 'id') found.push({ name: node.args as string, type: node.checkedType?.type });
  });
  return found;
}

/** How many nodes are evaluated at most; steps of loops inside count for themselves. */
function countNodes(root: unknown): number {
  let count = 0;
  const use = () => {
    count += 1;
  };
  visit(root, use, ({ op, args, meta }) => {
    if (meta.alternate) return [meta.alternate];
    if (op !== 'comprehension') return [args, meta.macro];
    const { step: _step, ...once } = args as Loop;
    return [once];
  });
  return count;
}

const ALL_PARTS = ({ args, meta }: Node): unknown[] => [args, meta.alternate, meta.macro];

/** Visits each node once, and those below it that are among its parts. */
function visit(root: unknown, use: (node: Node) => void, partsOf: (node: Node) => unknown[] = ALL_PARTS): void {
  const seen = new Set<unknown>();
  const pending: unknown[] = [root];
  while (pending.length > 0) {
    const item = pending.pop();
    if (typeof item !== 'object' || item === null || seen.has(item)) continue;
    seen.add(item);
    if (isNode(item)) {
      use(item);
      pending.push(...partsOf(item));
    } else if (Array.isArray(item)) {
      pending.push(...(item as unknown[]));
    } else if (Object.getPrototypeOf(item) === Object.prototype) {
      pending.push(...Object.values(item));
    }
  }
}

function isNode(value: object): value is Node {
  return 'op' in value && typeof (value as { op: unknown }).op === 'string' && 'setMeta' in value;
}
