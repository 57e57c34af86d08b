import { spend } from './cost-meter.js';
import { mayBeInexact } from './exact-json.js';
import { linearPattern } from './linear-regexp.js';
import { TIME_PARTS } from './time-functions.js';

/** What a turn of a loop costs at least, whatever it does. */
export const TURN_COST = 200;
/** Of one part of an expression, each time it is evaluated. */
export const NODE_COST = 12;
/** Of comparing one part of a value with another. */
const COMPARISON_COST = 40;
/** Of an error that something absorbs: it writes down where it happened. */
export const ERROR_COST = 2500;

/** Of a clock in another time zone, which the runtime looks up anew. */
const TIME_ZONE_COST = 25_000;
/** Costs are whole numbers below this one; it is more than anything may cost. */
const TOO_MUCH = 1_000_000_000;
const [COMMA, COLON, BRACKET, BRACE] = [0x2c, 0x3a, 0x5b, 0x7b];

type Cost = (args: readonly unknown[]) => number;

/** What a function costs by its arguments, the receiver first; those that are not named cost as much as copying their arguments. */
const FUNCTION_COSTS: ReadonlyMap<string, Cost> = new Map<string, Cost>([
  ['matchesLinear', ([text, pattern]) => matchCost(text, pattern)],
  ['contains', ([text, part]) => searchCost(text, part)],
  ['indexOf', ([text, part]) => searchCost(text, part)],
  ['lastIndexOf', ([text, part]) => searchCost(text, part)],
  ['split', splitCost],
  ['join', ([list, separator]) => joinCost(list, separator)],
  ['size', ([value]) => (typeof value === 'string' ? value.length * 2 : 1)],
  // Of making it a text; the function itself takes the rest.
  ['jsonExact', ([bytes]) => sizeOf(bytes)],
  ['sha256', ([value]) => 120 + sizeOf(value)],
  ['encode', ([, bytes]) => 20 + sizeOf(bytes)],
  ['decode', ([, text]) => 20 + sizeOf(text) * 2],
  // Its pattern is tried from every place on.
  ['duration', ([text]) => 200 + sizeOf(text) ** 3 / 25],
  ['timestampExact', () => 200],
  // Of a time or a duration it is made anew.
  ['string', ([value]) => (typeof value === 'object' ? 60 : 1) + sizeOf(value) / 4],
  ...TIME_PARTS.map((name): [string, Cost] => [`${name}Exact`, ({ length }) => (length > 1 ? TIME_ZONE_COST : 1)]),
]);

/** Of what JSON begins or parts: a member takes longest, since its name may be a new one. */
const COLON_COST = 120;
const OPENING_COST = 40;
const COMMA_COST = 20;
/** Of each of them, where every number is looked at; of each character then. */
const EXACT_COST = 50;
const EXACT_TEXT_COST = 5;

/** The cost of reading a JSON text, by how many values there may be in it. */
export function jsonCost(text: string): number {
  const perMark = mayBeInexact(text) ? EXACT_COST : 0;
  let cost = text.length * (perMark > 0 ? EXACT_TEXT_COST : 1);
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === COMMA) cost += COMMA_COST + perMark;
    else if (code === COLON) cost += COLON_COST + perMark;
    else if (code === BRACKET || code === BRACE) cost += OPENING_COST + perMark;
  }
  return Math.min(TOO_MUCH, cost);
}

/** The cost of calling a function, by its name. */
export function functionCost(name: string): Cost {
  const cost = FUNCTION_COSTS.get(name) ?? copyCost;
  return (args) => Math.min(TOO_MUCH, Math.ceil(cost(args)));
}

/** Takes the cost of an operator over its operands: of what `+` makes, of what the others have to look through. */
export function spendOperator(op: string, left: unknown, right: unknown): void {
  if (op === '+') return spend(Array.isArray(left) ? (sizeOf(left) + sizeOf(right)) * 4 : (sizeOf(left) + sizeOf(right)) >>> 2);
  if (op === 'in') {
    if (!Array.isArray(right)) return;
    if (typeof left === 'object') return spendTree(right);
    return spend(right.length * (2 + (sizeOf(left) >>> 5)));
  }
  if (typeof left === 'string') return spend(left.length >>> 5);
  if (typeof left === 'object' && left !== null && typeof right === 'object' && left !== right) spendTree(left);
}

/** Takes the cost of making the list that a loop goes over: the keys of a map are copied. */
export function spendRange(range: unknown): void {
  if (range instanceof Map) spend(range.size);
  else if (typeof range === 'object' && range !== null && !Array.isArray(range)) spend(Object.keys(range).length);
}

/** As deep as a comparison may go; a value that shares its parts counts them as often as they are met. */
function spendTree(value: unknown): void {
  spend(COMPARISON_COST);
  if (typeof value === 'string') spend(value.length >>> 5);
  if (typeof value !== 'object' || value === null) return;
  if (value instanceof Uint8Array) spend(value.length >>> 2);
  else if (Array.isArray(value)) for (const item of value) spendTree(item);
  else for (const item of value instanceof Map ? value.values() : Object.values(value)) spendTree(item);
}

function matchCost(text: unknown, pattern: unknown): number {
  if (typeof text !== 'string' || typeof pattern !== 'string') return 1;
  const { weight } = linearPattern(pattern);
  return 200 + weight * 10 + text.length * (10 + weight * 4.5);
}

/** Searching may begin anew at every place of the text. */
function searchCost(text: unknown, part: unknown): number {
  return (sizeOf(text) * (sizeOf(part) + 8)) / 50;
}

/** Parts beyond a limit are made too, and put together again. */
function splitCost([text, separator, ...limit]: readonly unknown[]): number {
  const parts = sizeOf(text) / Math.max(1, sizeOf(separator));
  return searchCost(text, separator) + parts * (limit.length > 0 ? 7 : 3);
}

function joinCost(list: unknown, separator: unknown): number {
  if (!Array.isArray(list)) return 1;
  // Counting is itself work.
  spend(list.length);
  return list.reduce((sum: number, item) => sum + sizeOf(item) / 4, (list.length * sizeOf(separator)) / 4);
}

function copyCost(args: readonly unknown[]): number {
  let cost = 1;
  for (const value of args) cost += sizeOf(value) / 4;
  return cost;
}

function sizeOf(value: unknown): number {
  return typeof value === 'string' || value instanceof Uint8Array || Array.isArray(value) ? value.length : 0;
}
