import { Injectable } from '@nestjs/common';
import { type CallContext, type PlanHeader, resolveTargets, type Target } from '@reenact/contracts';
import { type Patience, patiently } from '../take-runs/patiently.js';
import { SharedCalls } from '../take-runs/shared-calls.js';

/** Where pinned targets are. Only the execute pool asks. */
@Injectable()
export class TargetResolver {
  constructor(private readonly calls: SharedCalls) {}

  /** By name. Throws `target_unknown` or `target_changed` when a pin does not hold. */
  async resolve({ environmentId, targets }: PlanHeader, context: CallContext, patience: Patience): Promise<Map<string, Target>> {
    if (targets.length === 0) return new Map();
    const answer = await patiently(() => this.calls.ask(resolveTargets, { environmentId, targets }, context), patience);
    return new Map(answer.targets.map((target) => [target.name, target]));
  }
}
