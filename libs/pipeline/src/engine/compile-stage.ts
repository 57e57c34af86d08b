import { toCel } from '../expression/cel-value.js';
import { compileExpression } from '../expression/compile-expression.js';
import { StageError } from '../expression/stage-error.js';
import type { Stage, Template } from '../spec/spec-model.js';
import { type ActionMaker, compileAction } from './compile-action.js';
import type { Item } from './item.js';

/** What a stage does with one item. */
export type StageProgram =
  | { kind: 'filter'; passes: (item: Item) => boolean }
  | { kind: 'map'; map: (item: Item) => Item }
  | { kind: 'split'; split: (item: Item) => Item[] }
  | { kind: 'window'; count: number }
  | { kind: 'action'; make: ActionMaker };

/** Compiles the expressions of a checked stage. */
export function compileStage(stage: Stage): StageProgram {
  switch (stage.kind) {
    case 'filter': {
      const when = compileExpression(stage.when);
      return { kind: 'filter', passes: (item) => requireBool(when(item)) };
    }
    case 'map': {
      const value = compileTemplate(stage.value);
      return { kind: 'map', map: (item) => item.withResult(value(item)) };
    }
    case 'split': {
      const items = compileExpression(stage.items);
      return { kind: 'split', split: (item) => splitResult(item, items(item)) };
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
  if (typeof template === 'string') return compileExpression(template);
  if (Array.isArray(template)) {
    const parts = template.map(compileTemplate);
    return (item) => parts.map((part) => part(item));
  }
  if (typeof template === 'object' && template !== null) {
    const members = Object.entries(template).map(([name, part]) => ({ name, value: compileTemplate(part) }));
    return (item) => {
      const map = new Map<string, unknown>();
      for (const { name, value } of members) map.set(name, value(item));
      return map;
    };
  }
  const literal = toCel(template);
  return () => literal;
}

/** A filter's answer. Throws `result_type` when it is none. */
export function requireBool(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new StageError('result_type', 'must give true or false');
}

/** Checked as a whole first: a list that JSON cannot hold gives no items at all. */
function splitResult(item: Item, result: unknown): Item[] {
  const items = item.withResult(result).split();
  if (items) return items;
  throw new StageError('result_type', 'must give a list');
}
