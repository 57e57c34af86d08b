import type { EngineAction } from '../engine/action.js';
import type { CompiledPipeline } from '../engine/compile-pipeline.js';
import { PipelineRun } from '../engine/pipeline-run.js';
import type { JournalRecord } from '../journal/journal-record.js';
import type { StageReport } from '../report/report.js';
import type { Disposition, Include } from './plan.js';
import { disguised, isSameEffect } from './redacted-input.js';
import { type RecordedEffects, effectKey } from './recorded-outcomes.js';

/** What a version asks for at one record. */
export interface Asked {
  actions: readonly EngineAction[];
  /** Whether an action is made of what the agent did not let out, however it was changed on the way. */
  isRedacted: (action: EngineAction) => boolean;
}

const NOTHING: Asked = { actions: [], isRedacted: () => false };

/** Asked for without a token in sight. */
function plain(actions: readonly EngineAction[]): Asked {
  return actions.length === 0 ? NOTHING : { actions, isRedacted: NOTHING.isRedacted };
}

/**
 * A version at work on the records. Of a record with redaction tokens it also learns which actions depend on them: it runs a second time with
 * other tokens, and what comes out otherwise, or not at all, was made of them.
 */
export class VersionRun {
  private readonly run: PipelineRun;
  /** Of a version with windows: the run that sees other tokens, from the first record with one on. */
  private other: PipelineRun | undefined;

  constructor(readonly pipeline: CompiledPipeline) {
    this.run = new PipelineRun(pipeline);
  }

  get stages(): StageReport[] {
    return this.run.stages;
  }

  /** Windows are filled by every record, so that a selected record completes the window it completed in the first place. */
  take(record: JournalRecord, selected: boolean): Asked {
    const { stateful } = this.pipeline;
    if (!selected && !stateful) return NOTHING;
    // Before the record: what a window holds of records without tokens is the same for both.
    const shown = stateful ? disguised(record) : undefined;
    if (shown) this.other ??= this.run.fork();
    const { actions } = this.run.process(record, { counted: selected });
    if (stateful) return this.other ? this.compared(actions, this.other, shown ?? record) : plain(actions);
    const other = actions.length === 0 ? undefined : disguised(record);
    return other ? this.compared(actions, this.run.fork(), other) : plain(actions);
  }

  private compared(actions: readonly EngineAction[], run: PipelineRun, record: JournalRecord): Asked {
    const others = new Map(
      run.process(record, { counted: false }).actions.map((action) => [effectKey(action.stage, action.n), action]),
    );
    return {
      actions,
      isRedacted: (action) => {
        const other = others.get(effectKey(action.stage, action.n));
        return other === undefined || !isSameEffect(action, other);
      },
    };
  }
}

/** What becomes of an action, by what was recorded of its record. */
export function dispositionOf(action: EngineAction, asked: Asked, recorded: RecordedEffects, include: Include): Disposition {
  const done = recorded.get(effectKey(action.stage, action.n))?.status === 'ok';
  if (done && include === 'undone') return 'already_done';
  return asked.isRedacted(action) ? 'input_redacted' : 'perform';
}
