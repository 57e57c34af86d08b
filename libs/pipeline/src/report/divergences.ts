import type { EngineAction } from '../engine/action.js';
import type { Outcome } from '../journal/outcome.js';
import type { Disposition } from '../plan/plan.js';
import { byEffect, effectKey } from '../plan/recorded-outcomes.js';
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

  /** Takes one record's actions and outcomes. Outcomes of stages that are no actions are not compared. */
  compare(offset: number, actions: readonly ReplayedAction[], outcomes: readonly Outcome[]): void {
    if (offset > this.lastOffset) return;
    const recorded = byEffect(outcomes.filter(({ stage }) => this.actionStages.has(stage) || !this.order.has(stage)));
    const found: Divergence[] = [];
    for (const action of actions) {
      const key = effectKey(action.stage, action.n);
      const divergence = compareOne(offset, action, recorded.get(key));
      recorded.delete(key);
      this.report.compared += 1;
      if (divergence) found.push(divergence);
    }
    for (const outcome of recorded.values()) {
      // Skipped in the first place, and not there now: nothing happened either time.
      if (outcome.status === 'skipped') continue;
      this.report.compared += 1;
      found.push(missing(outcome));
    }
    found.sort((a, b) => this.rank(a) - this.rank(b) || a.n - b.n);
    for (const divergence of found) addFinding(this.report, divergence);
  }

  result(): DivergenceReport {
    return this.report;
  }

  private rank(divergence: Divergence): number {
    return this.order.get(divergence.stage) ?? this.order.size;
  }
}

function compareOne(offset: number, action: ReplayedAction, outcome: Outcome | undefined): Divergence | undefined {
  const { stage, n, payloadSha256 } = action;
  const at = `record ${offset}, stage ${stage}, action ${n}`;
  if (!outcome) {
    const explanation = `At ${at} the replay acts, and the record has no such action.`;
    return { offset, stage, n, kind: 'unexpected', expected: null, actual: payloadSha256, explanation };
  }
  if (outcome.status === 'skipped') {
    const explanation = `At ${at} the action was skipped when it was recorded, and the replay acts.`;
    return { offset, stage, n, kind: 'status', expected: 'skipped', actual: 'acts', explanation };
  }
  // What was sent held the value itself, what is here its token.
  if (action.disposition === 'input_redacted') return undefined;
  if (outcome.payloadSha256 !== undefined && outcome.payloadSha256 !== payloadSha256) {
    const explanation = `At ${at} the recorded payload was ${outcome.payloadSha256}; the replay's is ${payloadSha256}.${readable(action)}`;
    return { offset, stage, n, kind: 'payload', expected: outcome.payloadSha256, actual: payloadSha256, explanation };
  }
  return undefined;
}

/** The record has digests only, so that nothing here can say what differs. */
function readable({ index }: ReplayedAction): string {
  if (index === undefined) return '';
  return ` Of the recorded one only the digest is known; what the replay gives can be read under plan/${index}/payload.`;
}

function missing({ offset, stage, n, status, payloadSha256 }: Outcome): Divergence {
  const explanation = `At record ${offset}, stage ${stage}, action ${n} was recorded as ${status}, and the replay has no such action.`;
  return { offset, stage, n, kind: 'missing', expected: payloadSha256 ?? status, actual: null, explanation };
}
