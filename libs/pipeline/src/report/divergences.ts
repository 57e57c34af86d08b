import type { EngineAction } from '../engine/action.js';
import type { Disposition } from '../plan/plan.js';
import { type RecordedEffects, type RecordedOutcome, effectKey } from '../plan/recorded-outcomes.js';
import type { PipelineSpec } from '../spec/spec-model.js';
import { addFinding, noFindings } from './findings.js';
import type { Divergence, DivergenceReport } from './report.js';

/** An action of the replay as the comparison needs it. */
export interface ReplayedAction extends Pick<EngineAction, 'stage' | 'n'> {
  payloadSha256: string;
  disposition: Disposition;
  /** Its place in the plan, where it is in one. */
  index?: number;
}

/** Compares, record by record, what was recorded with what the replay gives. */
export class DivergenceFinder {
  private readonly report = noFindings<Divergence>();
  private readonly order: Map<string, number>;
  private readonly actionStages: Set<string>;

  /** `lastOffset`: where the record ends; what comes after was never reached and is not compared. */
  constructor(
    spec: PipelineSpec,
    private readonly lastOffset: number,
  ) {
    this.order = new Map(spec.stages.map((stage, index) => [stage.id, index]));
    this.actionStages = new Set(spec.stages.filter((stage) => stage.kind === 'action').map((stage) => stage.id));
  }

  /** Takes one record's actions, and what was recorded of it. Outcomes of stages that are no actions are not compared. */
  compare(offset: number, actions: readonly ReplayedAction[], recorded: RecordedEffects): void {
    if (offset > this.lastOffset) return;
    const found: Pair[] = [];
    const keys = new Set<string>();
    for (const action of actions) {
      const key = effectKey(action.stage, action.n);
      const pair = { action, outcome: recorded.get(key) };
      keys.add(key);
      this.report.compared += 1;
      if (differs(pair)) found.push(pair);
    }
    for (const [key, outcome] of recorded) {
      // Skipped in the first place, and not there now: nothing happened either time.
      if (keys.has(key) || outcome.status === 'skipped' || !this.isCompared(outcome)) continue;
      this.report.compared += 1;
      found.push({ outcome });
    }
    found.sort((a, b) => this.rank(a) - this.rank(b) || nameOf(a).n - nameOf(b).n);
    for (const pair of found) addFinding(this.report, () => describe(offset, pair));
  }

  result(): DivergenceReport {
    return this.report;
  }

  private isCompared({ stage }: RecordedOutcome): boolean {
    return this.actionStages.has(stage) || !this.order.has(stage);
  }

  private rank(pair: Pair): number {
    return this.order.get(nameOf(pair).stage) ?? this.order.size;
  }
}

/** An action of the replay, and what was recorded of it; one of them may be missing. */
type Pair = { action: ReplayedAction; outcome: RecordedOutcome | undefined } | { action?: undefined; outcome: RecordedOutcome };

function nameOf({ action, outcome }: Pair): { stage: string; n: number } {
  return action ?? outcome;
}

function differs({ action, outcome }: Pair): boolean {
  if (!action || !outcome || outcome.status === 'skipped') return true;
  // What was sent held the value itself, what is here its token.
  if (action.disposition === 'input_redacted') return false;
  return outcome.payloadSha256 !== undefined && outcome.payloadSha256 !== action.payloadSha256;
}

/** Of a pair that differs. */
function describe(offset: number, { action, outcome }: Pair): Divergence {
  if (!action) return missing(offset, outcome);
  const { stage, n, payloadSha256: actual } = action;
  const at = `record ${offset}, stage ${stage}, action ${n}`;
  if (!outcome) {
    const explanation = `At ${at} the replay acts, and the record has no such action.`;
    return { offset, stage, n, kind: 'unexpected', expected: null, actual, explanation };
  }
  if (outcome.status === 'skipped') {
    const explanation = `At ${at} the action was skipped when it was recorded, and the replay acts.`;
    return { offset, stage, n, kind: 'status', expected: 'skipped', actual: 'acts', explanation };
  }
  const expected = outcome.payloadSha256 ?? null;
  const explanation = `At ${at} the recorded payload was ${expected}; the replay's is ${actual}.${readable(action)}`;
  return { offset, stage, n, kind: 'payload', expected, actual, explanation };
}

/** The record has digests only, so that nothing here can say what differs. */
function readable({ index }: ReplayedAction): string {
  if (index === undefined) return '';
  return ` Of the recorded one only the digest is known; what the replay gives can be read under plan/${index}/payload.`;
}

function missing(offset: number, { stage, n, status, payloadSha256 }: RecordedOutcome): Divergence {
  const explanation = `At record ${offset}, stage ${stage}, action ${n} was recorded as ${status}, and the replay has no such action.`;
  return { offset, stage, n, kind: 'missing', expected: payloadSha256 ?? status, actual: null, explanation };
}
