import type { JournalRecord } from '../journal/journal-record.js';
import { isRecordSpent, meteredRecord, spendOfRecord } from '../expression/cost-meter.js';
import { StageError } from '../expression/stage-error.js';
import type { StageReport } from '../report/report.js';
import type { EngineAction } from './action.js';
import type { CompiledPipeline, CompiledStage } from './compile-pipeline.js';
import { Item } from './item.js';
import { Windows } from './windows.js';

/** Values that one record may put on all lanes together. */
export const MAX_ITEMS_PER_RECORD = 100_000;

/** Of one value at one stage, whatever the stage does with it. */
const STAGE_COST = 50;

export interface StageFault {
  offset: number;
  stage: string;
  code: string;
  message: string;
}

export interface RecordResult {
  /** In the order (stage order, n). */
  actions: readonly EngineAction[];
  errors: readonly StageFault[];
}

const NO_ITEMS: readonly Item[] = [];
const NOTHING: RecordResult = { actions: [], errors: [] };

/** A run of a pipeline over records in the order of their offsets: the same records give the same actions, always. */
export class PipelineRun {
  private windows = new Windows();
  private readonly reports: StageReport[];

  // Of the record that is processed now.
  private counted = true;
  private items = 0;
  /** By the index of the stage plus one; first the input. */
  private readonly lanes: (readonly Item[])[];
  /** By the index of the stage; undefined until one acts. */
  private actions: EngineAction[][] | undefined;
  private errors: StageFault[] | undefined;

  constructor(private readonly pipeline: CompiledPipeline) {
    this.reports = pipeline.spec.stages.map(({ id }) => ({ id, in: 0, out: 0, errors: 0 }));
    this.lanes = Array.from({ length: pipeline.stages.length + 1 }, () => NO_ITEMS);
  }

  /** A run that goes on from here with records of its own. */
  fork(): PipelineRun {
    const fork = new PipelineRun(this.pipeline);
    fork.windows = this.windows.fork();
    return fork;
  }

  /** What went in, came out and failed per stage, in the order of the spec. */
  get stages(): StageReport[] {
    return this.reports;
  }

  /** Takes the next record. `counted: false` keeps it out of the stage counts (a record read only to fill windows). */
  process(record: JournalRecord, { counted = true }: { counted?: boolean } = {}): RecordResult {
    this.counted = counted;
    this.items = 0;
    this.actions = undefined;
    this.errors = undefined;
    this.lanes.fill(NO_ITEMS);
    this.lanes[0] = [Item.input(record)];
    meteredRecord(() => {
      for (const index of this.pipeline.order) this.runStage(this.pipeline.stages[index]);
    });
    return this.result();
  }

  private result(): RecordResult {
    const { actions, errors } = this;
    return actions || errors ? { actions: actions?.flat() ?? NOTHING.actions, errors: errors ?? NOTHING.errors } : NOTHING;
  }

  private runStage(stage: CompiledStage): void {
    const out: Item[] = [];
    const report = this.reports[stage.index];
    let n = 0;
    for (const source of stage.sources) {
      for (const item of this.lanes[source + 1]) {
        // One of them says why; the values after it fail with it.
        const givenUp = isRecordSpent();
        if (this.counted) report.in += 1;
        try {
          spendOfRecord(STAGE_COST);
          this.pass(this.apply(stage, item, n), out, report);
        } catch (error) {
          if (!(error instanceof StageError)) throw error;
          if (!givenUp) this.fail(stage, item, error);
          else if (this.counted) report.errors += 1;
        }
        // Also counts what failed: the effects after it keep their names when a fixed version does not fail.
        n += 1;
      }
    }
    if (out.length > 0) this.lanes[stage.index + 1] = out;
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

  private apply({ index, program }: CompiledStage, item: Item, n: number): Item | Item[] | undefined {
    switch (program.kind) {
      case 'filter':
        return program.passes(item) ? item : undefined;
      case 'map':
        return program.map(item);
      case 'split':
        return program.split(item);
      case 'window':
        return this.fillWindow(index, program.count, item);
      case 'action':
        this.act(index, program.make(item, n));
        return item;
      default:
        return program satisfies never;
    }
  }

  private act(index: number, action: EngineAction): void {
    this.actions ??= this.reports.map(() => []);
    this.actions[index].push(action);
  }

  private fillWindow(index: number, count: number, item: Item): Item | undefined {
    const values = this.windows.fill(index, count, item);
    return values && item.with(values);
  }

  private fail(compiled: CompiledStage, item: Item, error: StageError): void {
    const fault = { offset: item.record.offset, stage: compiled.stage.id, code: error.code, message: error.message };
    this.errors ??= [];
    this.errors.push(fault);
    if (!this.counted) return;
    const report = this.reports[compiled.index];
    report.errors += 1;
    report.firstError ??= { offset: fault.offset, code: fault.code, message: fault.message };
  }
}
