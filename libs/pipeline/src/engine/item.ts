import { fromCel, isJsonLike, toCel } from '../expression/cel-value.js';
import type { Variables } from '../expression/compile-expression.js';
import type { JournalRecord } from '../journal/journal-record.js';

/** A value on a lane, and the record it comes from. It is what expressions read, as JSON or as CEL, made of the other when first asked for. */
export class Item implements Variables {
  /** The record on the input lane. */
  private readonly input: Item;
  private celHeaders: Map<string, string> | undefined;

  private constructor(
    readonly record: JournalRecord,
    input: Item | undefined,
    private asJson: unknown,
    private asCel: unknown,
  ) {
    this.input = input ?? this;
  }

  /** The record itself on the input lane: its value is its body. */
  static input(record: JournalRecord): Item {
    return new Item(record, undefined, undefined, undefined);
  }

  /** Whether it is the record itself. */
  get isInput(): boolean {
    return this.input === this;
  }

  /** Another value of the same record. */
  with(json: unknown): Item {
    return new Item(this.record, this.input, json, undefined);
  }

  /** What an expression gave for the same record. Throws a StageError where JSON cannot hold it. */
  withResult(result: unknown): Item {
    if (isJsonLike(result)) return new Item(this.record, this.input, undefined, result);
    return this.with(fromCel(result));
  }

  /** One for each member of its value; undefined where that is no list. */
  split(): Item[] | undefined {
    const { record, input, asCel } = this;
    if (Array.isArray(asCel)) return asCel.map((cel: unknown) => new Item(record, input, undefined, cel));
    const { json } = this;
    return Array.isArray(json) ? json.map((member: unknown) => this.with(member)) : undefined;
  }

  /** The value as JSON. */
  get json(): unknown {
    if (this.asJson === undefined) this.asJson = this.isInput ? this.record.body : fromCel(this.asCel);
    return this.asJson;
  }

  get value(): unknown {
    if (this.asCel === undefined) this.asCel = toCel(this.json);
    return this.asCel;
  }

  get body(): unknown {
    return this.input.value;
  }

  get headers(): Map<string, string> {
    this.input.celHeaders ??= new Map(Object.entries(this.record.headers));
    return this.input.celHeaders;
  }

  get key(): string | null {
    return this.record.key ?? null;
  }

  get offset(): bigint {
    return BigInt(this.record.offset);
  }

  get at(): string {
    return this.record.at;
  }
}
