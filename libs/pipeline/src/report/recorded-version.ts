import { sha256 } from '@reenact/contracts';
import type { CompiledPipeline } from '../engine/compile-pipeline.js';
import type { JournalRecord } from '../journal/journal-record.js';
import type { Include } from '../plan/plan.js';
import type { RecordedEffects } from '../plan/recorded-outcomes.js';
import { type Asked, VersionRun, dispositionOf } from '../plan/version-run.js';
import type { PipelineSpec } from '../spec/spec-model.js';
import { DivergenceFinder } from './divergences.js';
import type { RecordedVersionReport } from './report.js';
import { type VersionAction, VersionDifferences } from './version-differences.js';

/** The version that was recorded, beside the one that runs: it sees the same records, and what it asks for is compared and forgotten. */
export class RecordedVersion {
  private readonly version: VersionRun;
  private readonly divergences: DivergenceFinder;
  private readonly differences: VersionDifferences;
  private readonly counts = { perform: 0, already_done: 0, input_redacted: 0 };

  /** `ran`: the spec of the version that runs; `lastOffset`: where what was recorded ends. */
  constructor(pipeline: CompiledPipeline, ran: PipelineSpec, lastOffset: number) {
    this.version = new VersionRun(pipeline);
    this.divergences = new DivergenceFinder(pipeline.spec, lastOffset);
    this.differences = new VersionDifferences(ran, pipeline.spec);
  }

  take(record: JournalRecord, selected: boolean): Asked {
    return this.version.take(record, selected);
  }

  /** Takes what both ask for at one record, and what was recorded of it. */
  compare(offset: number, asked: Asked, ran: readonly VersionAction[], recorded: RecordedEffects, include: Include): void {
    const actions = asked.actions.map((action) => ({
      ...action,
      payloadSha256: sha256(action.payload),
      disposition: dispositionOf(action, asked, recorded, include),
    }));
    for (const { disposition } of actions) this.counts[disposition] += 1;
    this.divergences.compare(offset, actions, recorded);
    this.differences.compare(offset, actions, ran);
  }

  result(): RecordedVersionReport {
    const { perform, already_done: alreadyDone, input_redacted: inputRedacted } = this.counts;
    return {
      specHash: this.version.pipeline.specHash,
      stages: this.version.stages,
      actions: { perform, alreadyDone, ...(inputRedacted > 0 && { inputRedacted }) },
      divergences: this.divergences.result(),
      differences: this.differences.result(),
    };
  }
}
