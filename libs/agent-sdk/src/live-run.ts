import { sha256 } from '@reenact/contracts';
import {
  compileSpec,
  type EngineAction,
  JournalRecord,
  type JournalEntry,
  type Outcome,
  PipelineRun,
  type PipelineSpec,
} from '@reenact/pipeline';

/** Performs one action for real. What it throws is the action's error. */
export type Perform = (action: EngineAction) => Promise<void>;

/** Where a live run leaves its marks; `Recording` writes them to files. */
export interface Recorder {
  record(entry: JournalEntry): Promise<void>;
  outcome(outcome: Outcome): Promise<void>;
}

/** A pipeline at work: every record is written down before it is processed, every action's end after it. */
export class LiveRun {
  private readonly run: PipelineRun;
  readonly counts = { records: 0, done: 0, failed: 0 };

  constructor(
    spec: PipelineSpec,
    private readonly perform: Perform,
    private readonly recorder: Recorder,
  ) {
    this.run = new PipelineRun(compileSpec(spec));
  }

  /** Takes the next record; offsets must grow. */
  async process(entry: JournalEntry): Promise<void> {
    await this.recorder.record(entry);
    this.counts.records += 1;
    const { actions } = this.run.process(JournalRecord.of(entry));
    for (const action of actions) await this.act(action);
  }

  private async act(action: EngineAction): Promise<void> {
    const { offset, stage, n, payload } = action;
    const known = { offset, stage, n, payloadSha256: sha256(payload) };
    try {
      await this.perform(action);
      this.counts.done += 1;
      await this.recorder.outcome({ ...known, status: 'ok' });
    } catch (error) {
      this.counts.failed += 1;
      await this.recorder.outcome({
        ...known,
        status: 'error',
        error: String(error instanceof Error ? error.message : error).slice(0, 500),
      });
    }
  }
}
