import { fromCel } from '../expression/cel-value.js';
import { type Expression, compileExpression } from '../expression/compile-expression.js';
import { StageError } from '../expression/stage-error.js';
import type { Stage, Template } from '../spec/spec-model.js';
import { type ActionMaker, compileAction } from './compile-action.js';
import type { Item } from './item.js';

/** What a stage does with one item. */
export type StageProgram =
  | { kind: 'filter'; passes: (item: Item) => boolean }
  | { kind: 'map'; value: (item: Item) => unknown }
  | { kind: 'split'; items: (item: Item) => unknown[] }
  | { kind: 'window'; count: number }
  | { kind: 'action'; make: ActionMaker };

/** Compiles the expressions of a checked stage. */
export function compileStage(stage: Stage): StageProgram {
  switch (stage.kind) {
    case 'filter': {
      const when = compileExpression(stage.when);
      return { kind: 'filter', passes: (item) => requireBool(when(item.variables)) };
    }
    case 'map': {
      const value = compileTemplate(stage.value);
      return { kind: 'map', value: (item) => fromCel(value(item)) };
    }
    case 'split': {
      const items = compileExpression(stage.items);
      return { kind: 'split', items: (item) => requireList(fromCel(items(item.variables))) };
    }
    case 'window':
      return { kind: 'window', count: stage.count };
    case 'action':
      return { kind: 'action', make: compileAction(stage) };
    default:
      return stage satisfies never;
  }
}

function compileTemplate(template: Template): (item: Item) => unknown {
  if (typeof template === 'string') {
    const expression: Expression = compileExpression(template);
    return (item) => expression(item.variables);
  }
  if (Array.isArray(template)) {
    const parts = template.map(compileTemplate);
    return (item) => parts.map((part) => part(item));
  }
  if (typeof template === 'object' && template !== null) {
    const members = Object.entries(template).map(([name, part]) => [name, compileTemplate(part)] as const);
    return (item) => new Map(members.map(([name, part]) => [name, part(item)]));
  }
  return () => template;
}

/** A filter's answer. Throws `result_type` when it is none. */
export function requireBool(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new StageError('result_type', 'must give true or false');
}

function requireList(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw new StageError('result_type', 'must give a list');
}
