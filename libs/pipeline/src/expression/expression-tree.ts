import type { ASTNode } from '@marcbachmann/cel-js';
import { StageError } from './stage-error.js';

/** Turns of loops (map, filter, all, exists) that one evaluation may take, nested ones multiplied. */
export const MAX_LOOP_TURNS = 100_000;

let turnsLeft = MAX_LOOP_TURNS;

/** Gives the evaluation that begins now its full allowance; evaluations are synchronous, so one meter is enough. */
export function resetMeter(): void {
  turnsLeft = MAX_LOOP_TURNS;
}

interface Node {
  op: string;
  args: unknown;
  meta: Record<string, unknown>;
  setMeta(key: string, value: unknown): unknown;
}

interface Evaluable {
  maybeAsync: boolean;
  evaluate(evaluator: unknown, node: unknown, context: unknown): unknown;
}

/** Makes every loop of a checked expression count its turns; beyond the allowance it throws `expression_cost`. */
export function meterLoops(ast: ASTNode): void {
  visit(ast, (node) => {
    if (node.op !== 'comprehension') return;
    const args = node.args as { iterable: Evaluable; step: Evaluable };
    const { iterable, step } = args;
    args.step = {
      maybeAsync: step.maybeAsync,
      evaluate: (evaluator, _node, context) => {
        turnsLeft -= 1;
        if (turnsLeft < 0) throw costError();
        return step.evaluate(evaluator, step, context);
      },
    };
    // all() and exists() absorb errors of their predicate, so loops inside of them are cut short as well.
    args.iterable = {
      maybeAsync: iterable.maybeAsync,
      evaluate: (evaluator, _node, context) => (turnsLeft < 0 ? [] : iterable.evaluate(evaluator, iterable, context)),
    };
  });
}

/** Throws `expression_cost` when the evaluation that just ended took more than its allowance. */
export function checkMeter(): void {
  if (turnsLeft < 0) throw costError();
}

function costError(): StageError {
  return new StageError('expression_cost', `it loops more than ${MAX_LOOP_TURNS} times`);
}

/** CEL's `matches` is backtracking in this library; ours takes linear time. */
export function renameMatches(ast: ASTNode): void {
  visit(ast, (node) => {
    if (node.op !== 'rcall') return;
    const args = node.args as unknown[];
    if (args[0] === 'matches') args[0] = 'matchesLinear';
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

function visit(root: unknown, use: (node: Node) => void): void {
  const seen = new Set<unknown>();
  const pending: unknown[] = [root];
  while (pending.length > 0) {
    const item = pending.pop();
    if (typeof item !== 'object' || item === null || seen.has(item)) continue;
    seen.add(item);
    if (isNode(item)) {
      use(item);
      pending.push(item.args, item.meta.alternate, item.meta.macro);
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
