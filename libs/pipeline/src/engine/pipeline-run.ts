import type { JournalRecord } from '../journal/journal-record.js';
import { StageError } from '../expression/stage-error.js';
import type { StageReport } from '../report/report.js';
import type { EngineAction } from './action.js';
import type { CompiledPipeline, CompiledStage } from './compile-pipeline.js';
import { Item } from './item.js';

/** Values that one record may put on all lanes together. */
export const MAX_ITEMS_PER_RECORD = 100_000;

/** Characters of the records that wait in one window; a window that passes it is dropped. */
export const MAX_WINDOW_SIZE = 64 * 1024 * 1024;

interface Window {
  values: unknown[];
  size: number;
}

export interface StageFault {
  offset: number;
  stage: string;
  code: string;
  message: string;
}

export interface RecordResult {
  /** In the order (stage order, n). */
  actions: EngineAction[];
  errors: StageFault[];
}

/** A run of a pipeline over records in the order of their offsets: the same records give the same actions, always. */
export class PipelineRun {
  private readonly windows = new Map<number, Window>();
  private readonly reports: StageReport[];

  constructor(private readonly pipeline: CompiledPipeline) {
    this.reports = pipeline.spec.stages.map(({ id }) => ({ id, in: 0, out: 0, errors: 0 }));
  }

  /** What went in, came out and failed per stage, in the order of the spec. */
  get stages(): StageReport[] {
    return this.reports;
  }

  /** Takes the next record. `counted: false` keeps it out of the stage counts (a record read only to fill windows). */
  process(record: JournalRecord, options: { counted?: boolean } = {}): RecordResult {
    const step = new RecordStep(this.pipeline, this.windows, this.reports, options.counted ?? true);
    return step.run(record);
  }
}

const NOTHING: readonly Item[] = [];

/** One record on its way through the stages. */
class RecordStep {
  /** By the index of the stage plus one; first the input. */
  private readonly written: (readonly Item[])[];
  private readonly actions: EngineAction[][] = [];
  private readonly errors: StageFault[] = [];
  private items = 0;

  constructor(
    private readonly pipeline: CompiledPipeline,
    private readonly windows: Map<number, Window>,
    private readonly reports: StageReport[],
    private readonly counted: boolean,
  ) {
    this.written = Array.from({ length: pipeline.stages.length + 1 }, () => NOTHING);
  }

  run(record: JournalRecord): RecordResult {
    this.written[0] = [Item.input(record)];
    for (const index of this.pipeline.order) this.runStage(this.pipeline.stages[index]);
    return { actions: this.actions.flat(), errors: this.errors };
  }

  private runStage(compiled: CompiledStage): void {
    const out: Item[] = [];
    const report = this.reports[compiled.index];
    let n = 0;
    for (const source of compiled.sources) {
      for (const item of this.written[source + 1]) {
        if (this.counted) report.in += 1;
        try {
          this.pass(this.apply(compiled, item, n), out, report);
        } catch (error) {
          if (!(error instanceof StageError)) throw error;
          this.fail(compiled, item, error);
        }
        // Also counts what failed: the effects after it keep their names when a fixed version does not fail.
        n += 1;
      }
    }
    if (out.length > 0) this.written[compiled.index + 1] = out;
  }

  private pass(passed: Item | Item[] | undefined, out: Item[], report: StageReport): void {
    if (passed === undefined) return;
    const count = Array.isArray(passed) ? passed.length : 1;
    this.items += count;
    if (this.items > MAX_ITEMS_PER_RECORD) {
      throw new StageError('too_many_items', `one record gives more than ${MAX_ITEMS_PER_RECORD} values`);
    }
    if (Array.isArray(passed)) for (const each of passed) out.push(each);
    else out.push(passed);
    if (this.counted) report.out += count;
  }

  private apply(compiled: CompiledStage, item: Item, n: number): Item | Item[] | undefined {
    const { program } = compiled;
    switch (program.kind) {
      case 'filter':
        return program.passes(item) ? item : undefined;
      case 'map':
        return item.with(program.value(item));
      case 'split':
        return program.items(item).map((value) => item.with(value));
      case 'window':
        return this.fillWindow(compiled.index, program.count, item);
      case 'action': {
        this.actions[compiled.index] ??= [];
        this.actions[compiled.index].push({ ...program.make(item), n });
        return item;
      }
      default:
        return program satisfies never;
    }
  }

  private fillWindow(index: number, count: number, item: Item): Item | undefined {
    const window = this.windows.get(index) ?? { values: [], size: 0 };
    window.values.push(item.value);
    window.size += item.record.line.length;
    const full = window.values.length >= count;
    this.windows.set(index, full || window.size > MAX_WINDOW_SIZE ? { values: [], size: 0 } : window);
    if (window.size > MAX_WINDOW_SIZE) {
      throw new StageError('result_too_large', `the window's records are larger than ${MAX_WINDOW_SIZE} together`);
    }
    return full ? item.with(window.values) : undefined;
  }

  private fail(compiled: CompiledStage, item: Item, error: StageError): void {
    const fault = { offset: item.record.offset, stage: compiled.stage.id, code: error.code, message: error.message };
    this.errors.push(fault);
    if (!this.counted) return;
    const report = this.reports[compiled.index];
    report.errors += 1;
    report.firstError ??= { offset: fault.offset, code: fault.code, message: fault.message };
  }
}
