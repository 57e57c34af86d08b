import { toCel } from '../expression/cel-value.js';
import type { Variables } from '../expression/compile-expression.js';
import type { JournalRecord } from '../journal/journal-record.js';

/** What expressions of one record share; each variable is made when it is first read. */
class RecordVariables {
  private celBody: { value: unknown } | undefined;
  private celHeaders: Map<string, string> | undefined;

  constructor(readonly record: JournalRecord) {}

  get body(): unknown {
    this.celBody ??= { value: toCel(this.record.body) };
    return this.celBody.value;
  }

  get headers(): Map<string, string> {
    this.celHeaders ??= new Map(Object.entries(this.record.headers));
    return this.celHeaders;
  }
}

/** A value on a lane, and the record it comes from. */
export class Item {
  private read: ItemVariables | undefined;

  private constructor(
    private readonly shared: RecordVariables,
    private readonly own: { value: unknown } | undefined,
  ) {}

  /** The record itself on the input lane: its value is its body. */
  static input(record: JournalRecord): Item {
    return new Item(new RecordVariables(record), undefined);
  }

  /** Another value of the same record. */
  with(value: unknown): Item {
    return new Item(this.shared, { value });
  }

  get record(): JournalRecord {
    return this.shared.record;
  }

  /** JSON. */
  get value(): unknown {
    return this.own ? this.own.value : this.record.body;
  }

  /** What its expressions read. */
  get variables(): Variables {
    this.read ??= new ItemVariables(this.shared, this.own);
    return this.read;
  }
}

/** Getters of a class: an object literal with getters would be made anew, and slowly, for every value. */
class ItemVariables implements Variables {
  private celValue: { value: unknown } | undefined;

  constructor(
    private readonly shared: RecordVariables,
    private readonly own: { value: unknown } | undefined,
  ) {}

  get body(): unknown {
    return this.shared.body;
  }

  get value(): unknown {
    if (!this.own) return this.shared.body;
    this.celValue ??= { value: toCel(this.own.value) };
    return this.celValue.value;
  }

  get headers(): Map<string, string> {
    return this.shared.headers;
  }

  get key(): string | null {
    return this.shared.record.key ?? null;
  }

  get offset(): bigint {
    return BigInt(this.shared.record.offset);
  }

  get at(): string {
    return this.shared.record.at;
  }
}
