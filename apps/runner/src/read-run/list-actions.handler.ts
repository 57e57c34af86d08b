import { Injectable } from '@nestjs/common';
import type { ActionRecord, ActionState, CallContext, ListActions, Page } from '@reenact/contracts';
import { type PlanAction, plannedActions } from '@reenact/pipeline';
import { encodePosition, positionsOf } from '@reenact/service-kit';
import { type EffectRow, EffectReads } from '../store/effect-reads.store.js';
import { ReadRunHandler } from './read-run.handler.js';
import { StoredPlan } from './stored-plan.js';

/** Actions looked at for one page when only some states are wanted. */
const MAX_SCANNED = 2_000;

/** The actions of a plan with what became of each, in the order of the plan. */
@Injectable()
export class ListActionsHandler {
  constructor(
    private readonly runs: ReadRunHandler,
    private readonly plan: StoredPlan,
    private readonly effects: EffectReads,
  ) {}

  async list({ replayId, state, ...page }: ListActions, context: CallContext): Promise<Page<ActionRecord>> {
    const { from, limit } = positionsOf(page);
    let next = from;
    const { header } = await this.runs.planned(replayId, context);
    const total = plannedActions(header);
    const items: ActionRecord[] = [];
    for (const end = next + MAX_SCANNED; next < Math.min(total, end) && items.length < limit; ) {
      const actions = await this.plan.actions(replayId, next, 200);
      if (actions.length === 0) break;
      const effects = await this.effects.range(replayId, next, next + actions.length);
      for (const action of actions) {
        const record = toRecord(action, effects.get(action.index));
        next = action.index + 1;
        if (state === undefined || record.state === state) items.push(record);
        if (items.length === limit) break;
      }
    }
    return { items, nextCursor: next < total ? encodePosition(next) : null };
  }
}

const STATES: Record<EffectRow['state'], ActionState> = {
  started: 'started',
  done: 'done',
  // It was begun and surely did not leave: for a reader it has not started.
  not_sent: 'not_started',
  failed: 'failed',
  indeterminate: 'indeterminate',
  already_done: 'already_done',
};

function toRecord({ index, disposition }: PlanAction, effect: EffectRow | undefined): ActionRecord {
  if (!effect) {
    if (disposition === 'input_redacted') return { index, state: 'not_started', attempts: 0, error: disposition };
    return { index, state: disposition === 'already_done' ? disposition : 'not_started', attempts: 0 };
  }
  return {
    index,
    state: STATES[effect.state],
    attempts: effect.attempts,
    ...(effect.status !== null && { status: effect.status }),
    ...(effect.error !== null && { error: effect.error }),
    ...(effect.started_at !== null && { startedAt: effect.started_at.toISOString() }),
    ...(effect.ended_at !== null && { endedAt: effect.ended_at.toISOString() }),
    ...(effect.by_replay !== null && { byReplay: effect.by_replay }),
    ...(effect.resolved_by !== null && { resolvedBy: effect.resolved_by }),
  };
}
