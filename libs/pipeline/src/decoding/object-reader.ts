import { type Faults, pointer } from './faults.js';

export interface TextRule {
  min?: number;
  max: number;
  pattern?: RegExp;
  /** What the pattern means, in words: `must be ...`. */
  meaning?: string;
}

/** Reads the members of one JSON object strictly: every fault is collected, and `end()` refuses members nobody asked for. */
export class ObjectReader {
  private readonly seen = new Set<string>();

  private constructor(
    private readonly object: Record<string, unknown>,
    readonly path: string,
    private readonly faults: Faults,
  ) {}

  static of(value: unknown, path: string, faults: Faults): ObjectReader | undefined {
    if (isObject(value)) return new ObjectReader(value, path, faults);
    faults.add(path, 'must be a JSON object');
    return undefined;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.object, name);
  }

  /** The member as it is, or undefined. */
  raw(name: string): unknown {
    this.seen.add(name);
    return this.has(name) ? this.object[name] : undefined;
  }

  required(name: string): unknown {
    if (!this.has(name)) this.fault(name, 'is required');
    return this.raw(name);
  }

  text(name: string, rule: TextRule): string {
    const value = this.required(name);
    return value === undefined ? '' : (this.checkText(value, this.at(name), rule) ?? '');
  }

  optionalText(name: string, rule: TextRule): string | undefined {
    const value = this.raw(name);
    return value === undefined ? undefined : this.checkText(value, this.at(name), rule);
  }

  checkText(value: unknown, path: string, rule: TextRule): string | undefined {
    const { min = 1, max, pattern, meaning = `must match ${pattern?.source}` } = rule;
    if (typeof value !== 'string') this.faults.add(path, 'must be text');
    else if (value.length < min) this.faults.add(path, min === 1 ? 'must not be empty' : `must have at least ${min} characters`);
    else if (value.length > max) this.faults.add(path, `must have at most ${max} characters`);
    else if (pattern && !pattern.test(value)) this.faults.add(path, meaning);
    else return value;
    return undefined;
  }

  word<T extends string>(name: string, words: readonly T[]): T {
    const value = this.required(name);
    if (value !== undefined && !words.includes(value as T)) this.fault(name, `must be one of ${words.join(', ')}`);
    return value as T;
  }

  integer(name: string, min: number, max: number): number {
    const value = this.required(name);
    return value === undefined ? min : this.checkInteger(name, value, min, max);
  }

  optionalInteger(name: string, min: number, max: number): number | undefined {
    const value = this.raw(name);
    return value === undefined ? undefined : this.checkInteger(name, value, min, max);
  }

  list(name: string, min: number, max: number): unknown[] {
    const value = this.required(name);
    if (value === undefined) return [];
    if (!Array.isArray(value)) this.fault(name, 'must be a list');
    else if (value.length < min || value.length > max) this.fault(name, `must have ${min} to ${max} items`);
    else return value;
    return [];
  }

  fault(name: string, message: string): void {
    this.faults.add(this.at(name), message);
  }

  at(name: string): string {
    return pointer(this.path, name);
  }

  /** Refuses every member that was not read. */
  end(): void {
    for (const name of Object.keys(this.object)) {
      if (!this.seen.has(name)) this.fault(name, 'is not known here');
    }
  }

  private checkInteger(name: string, value: unknown, min: number, max: number): number {
    if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return value as number;
    this.fault(name, `must be a whole number from ${min} to ${max}`);
    return min;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
