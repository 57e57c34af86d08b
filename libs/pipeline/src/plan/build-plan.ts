import { Problem, type Sha256, sha256 } from '@reenact/contracts';
import { RootBuilder } from '@reenact/transparency-log';
import type { EngineAction } from '../engine/action.js';
import type { CompiledPipeline } from '../engine/compile-pipeline.js';
import type { JournalRecord } from '../journal/journal-record.js';
import { batchesOf } from '../journal/record-stream.js';
import type { Outcome } from '../journal/outcome.js';
import { DivergenceFinder } from '../report/divergences.js';
import { RecordedVersion } from '../report/recorded-version.js';
import type { ReplayReport, ReportInput } from '../report/report.js';
import { capabilityOf } from '../spec/spec-model.js';
import { idempotencyKey } from './idempotency-key.js';
import {
  type Decision,
  type Disposition,
  ENGINE,
  type Include,
  type KnownTarget,
  PLAN_LIMITS,
  type PlanAction,
  type PlanHeader,
  type PlanLimits,
  type PlanTarget,
  actionLeaf,
  planDigest,
} from './plan.js';
import { type RecordSelector, selectRecords } from './record-filter.js';
import { NO_EFFECTS, type RecordedEffects, recordedOutcomes } from './recorded-outcomes.js';
import { type Selection, fullSelection } from './selection.js';
import { type Asked, VersionRun, dispositionOf } from './version-run.js';

/** The first records of the selection that the report keeps digests of. */
const SAMPLES = 5;

/** Everything a plan depends on, and where it goes. */
export interface PlanRequest {
  artifactSha256: Sha256;
  /** Of the bundle's spec. */
  specHash: Sha256;
  /** What runs: the version that the spec hash names, or another one. */
  pipeline: CompiledPipeline;
  /** The version that the spec hash names, where another one runs: the report compares both. */
  recordedPipeline?: CompiledPipeline;
  projectId: string;
  environmentId: string;
  /** Default: the artifact's digest. */
  streamId?: string;
  selection?: Selection;
  /** Default `undone`. */
  include?: Include;
  again?: boolean;
  /** Needed with `again`; the same in dry run and execute, or the digests differ. */
  salt?: string;
  /** The environment's targets; those that the plan uses go into its header, without their kinds. */
  targets: readonly KnownTarget[];
  /** Gives the journal from its beginning, each time it is called. */
  records: () => AsyncIterable<JournalRecord>;
  /** Gives the outcomes from their beginning, each time it is called. */
  outcomes?: () => AsyncIterable<Outcome>;
  /** Posture's word about a capability; default `allow`. */
  decide?: (capability: string) => Decision;
  limits?: PlanLimits;
  /** Takes each action, with its payload, in the order of the plan; it is awaited before the next. */
  onAction?: (action: PlanAction, payload: Buffer) => void | Promise<void>;
  /** Called for each record read. */
  onProgress?: (progress: { records: number; actions: number }) => void;
  /** Called after each record, and each outcome, of each pass, and awaited when it answers a promise: whoever shares the thread may have its turn then. */
  breathe?: () => Promise<void> | undefined;
  /** Stops with the signal's reason. */
  signal?: AbortSignal;
}

export interface BuiltPlan {
  header: PlanHeader;
  planDigest: Sha256;
  /** Of a run that performs nothing: every action is not started, already done or not to be done. */
  report: ReplayReport;
}

/**
 * Runs the pipeline over the journal and streams the plan in the order (offset, stage order, n). Memory does not grow with the
 * journal. Throws `plan_too_large`, `target_unknown`, and what reading the records throws.
 */
export async function buildPlan(request: PlanRequest): Promise<BuiltPlan> {
  if (request.again && request.salt === undefined) throw new TypeError('again needs a salt');
  const { signal, breathe } = request;
  const selector = await selectRecords(request.selection ?? {}, request.records, { signal, breathe });
  const recorded = await recordedOutcomes(request.outcomes ?? noOutcomes, { signal, breathe });
  const builder = new PlanBuilder(request, recorded.lastOffset);
  try {
    for await (const batch of batchesOf(request.records())) {
      for (const record of batch) {
        signal?.throwIfAborted();
        const selected = selector.selects(record);
        const effects = selected ? recorded.at(record.offset) : NO_EFFECTS;
        const taken = builder.take(record, selected, effects instanceof Promise ? await effects : effects);
        if (taken) await taken;
        const pause = breathe?.();
        if (pause) await pause;
      }
    }
    await recorded.finish();
  } finally {
    await recorded.close();
  }
  return builder.finish(selector);
}

async function* noOutcomes(): AsyncGenerator<Outcome> {}

class PlanBuilder {
  private readonly version: VersionRun;
  private readonly recordedVersion: RecordedVersion | undefined;
  private readonly root = new RootBuilder();
  private readonly divergences: DivergenceFinder;
  private readonly input: ReportInput = { scanned: 0, selected: 0, bytes: 0, offsetGaps: 0, digestOk: true };
  private readonly samples: ReplayReport['samples'] = [];
  private readonly targets: Map<string, KnownTarget>;
  private readonly usedTargets = new Set<PlanTarget>();
  private readonly capabilities = new Set<string>();
  private readonly limits: PlanLimits;
  private previousOffset: number | undefined;
  private index = 0;
  private alreadyDone = 0;
  private inputRedacted = 0;
  private payloadBytes = 0;

  constructor(
    private readonly request: PlanRequest,
    lastRecordedOffset: number,
  ) {
    const { pipeline, recordedPipeline, targets, limits = PLAN_LIMITS } = request;
    this.version = new VersionRun(pipeline);
    if (recordedPipeline) this.recordedVersion = new RecordedVersion(recordedPipeline, pipeline.spec, lastRecordedOffset);
    this.divergences = new DivergenceFinder(pipeline.spec, lastRecordedOffset);
    this.targets = new Map(targets.map((target) => [target.name, target]));
    this.limits = limits;
  }

  /** To be awaited when it answers a promise: most records ask for nothing, and waiting costs more than they do. */
  take(record: JournalRecord, selected: boolean, recorded: RecordedEffects): Promise<void> | undefined {
    this.scan(record);
    const asked = this.version.take(record, selected);
    const before = this.recordedVersion?.take(record, selected);
    if (selected) {
      this.count(record);
      if (asked.actions.length + recorded.size > 0 || before) {
        const planned = this.plan(record, asked, recorded, before);
        if (planned) return planned.then(() => this.progress());
      }
    }
    this.progress();
    return undefined;
  }

  finish({ conditionErrors }: RecordSelector): BuiltPlan {
    const header = this.header();
    const notStarted = this.root.size;
    const report: ReplayReport = {
      input: { ...this.input, ...(conditionErrors && { conditionErrors }) },
      stages: this.version.stages,
      actions: {
        done: 0,
        failed: 0,
        alreadyDone: this.alreadyDone,
        notStarted,
        ...(this.inputRedacted > 0 && { inputRedacted: this.inputRedacted }),
      },
      divergences: this.divergences.result(),
      ...(this.recordedVersion && { recordedVersion: this.recordedVersion.result() }),
      samples: this.samples,
      times: null,
    };
    return { header, planDigest: planDigest(header), report };
  }

  private scan(record: JournalRecord): void {
    this.input.scanned += 1;
    if (this.previousOffset !== undefined && record.offset !== this.previousOffset + 1) this.input.offsetGaps += 1;
    this.previousOffset = record.offset;
  }

  private progress(): void {
    this.request.onProgress?.({ records: this.input.scanned, actions: this.index });
  }

  private count(record: JournalRecord): void {
    this.input.selected += 1;
    this.input.bytes += record.size;
    if (this.samples.length < SAMPLES) this.samples.push({ offset: record.offset, sha256: record.digest });
  }

  /** To be awaited when it answers a promise. */
  private plan(record: JournalRecord, asked: Asked, recorded: RecordedEffects, before?: Asked): Promise<void> | undefined {
    const replayed: PlanAction[] = [];
    const rest = this.hand(asked, 0, recorded, replayed);
    const compare = () => {
      this.divergences.compare(record.offset, replayed, recorded);
      if (!before) return;
      const ran = replayed.map((action, at) => ({ ...action, payload: asked.actions[at].payload }));
      this.recordedVersion?.compare(record.offset, before, ran, recorded, this.include);
    };
    if (rest) return rest.then(compare);
    compare();
    return undefined;
  }

  /** Names the actions from that one on and hands them out; what follows one that has to be awaited is handed out after it. */
  private hand(asked: Asked, from: number, recorded: RecordedEffects, replayed: PlanAction[]): Promise<void> | undefined {
    for (let at = from; at < asked.actions.length; at += 1) {
      const action = asked.actions[at];
      const planned = this.planned(action, dispositionOf(action, asked, recorded, this.include));
      replayed.push(planned);
      const taken = this.request.onAction?.(planned, action.payload);
      if (taken) return taken.then(() => this.hand(asked, at + 1, recorded, replayed));
    }
    return undefined;
  }

  private get include(): Include {
    return this.request.include ?? 'undone';
  }

  private planned(action: EngineAction, disposition: Disposition): PlanAction {
    this.payloadBytes += action.payload.length;
    if (this.index >= this.limits.maxActions) throw tooLarge('maxActions', this.limits.maxActions);
    if (this.payloadBytes > this.limits.maxPayloadBytes) throw tooLarge('maxPayloadBytes', this.limits.maxPayloadBytes);
    const { projectId, artifactSha256, streamId = artifactSha256, again, salt, pipeline, decide } = this.request;
    const { offset, stage, n, kind, target, method, path, subject, headers, payload } = action;
    const capability = capabilityOf(action);
    const name = { projectId, pipeline: pipeline.spec.name, streamId, offset, stage, n, ...(again && { salt }) };
    const planned: PlanAction = {
      index: this.index,
      offset,
      stage,
      n,
      kind,
      target,
      ...(method !== undefined && { method }),
      ...(path !== undefined && { path }),
      ...(subject !== undefined && { subject }),
      ...(headers !== undefined && { headers }),
      payloadSha256: sha256(payload),
      payloadSize: payload.length,
      idempotencyKey: idempotencyKey(name),
      disposition,
      decision: decide?.(capability) ?? 'allow',
    };
    this.index += 1;
    if (disposition === 'already_done') this.alreadyDone += 1;
    else if (disposition === 'input_redacted') this.inputRedacted += 1;
    else this.perform(planned, capability);
    return planned;
  }

  private perform(action: PlanAction, capability: string): void {
    const { target: name, stage, kind } = action;
    const target = this.targets.get(name);
    if (!target)
      throw new Problem('target_unknown', { detail: `stage ${stage} acts on ${name}`, members: { target: name, stage } });
    if (target.kind !== undefined && target.kind !== kind) {
      const detail = `stage ${stage} acts on ${name} by ${kind}, which is a target of ${target.kind}`;
      throw new Problem('target_unknown', { detail, members: { target: name, stage } });
    }
    this.usedTargets.add(target);
    this.capabilities.add(capability);
    this.root.append(actionLeaf(action));
  }

  private header(): PlanHeader {
    const { artifactSha256, specHash, pipeline, environmentId, selection, include = 'undone', again = false } = this.request;
    return {
      v: 1,
      engine: ENGINE,
      artifactSha256,
      specHash,
      runSpecHash: pipeline.specHash,
      environmentId,
      selection: fullSelection(selection),
      include,
      again,
      targets: [...this.usedTargets]
        .map(({ id, name, revision }) => ({ id, name, revision }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
      capabilities: [...this.capabilities].sort(),
      records: this.input.selected,
      actions: this.root.size,
      alreadyDone: this.alreadyDone,
      ...(this.inputRedacted > 0 && { inputRedacted: this.inputRedacted }),
      actionsRoot: `sha256:${this.root.root().toString('hex')}`,
    };
  }
}

function tooLarge(limit: keyof PlanLimits, max: number): Problem {
  return new Problem('plan_too_large', { detail: `the plan passes ${limit} = ${max}`, members: { limit, max } });
}
