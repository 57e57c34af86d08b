import { Inject, Injectable } from '@nestjs/common';
import type { Target } from '@reenact/contracts';
import type { PlanAction } from '@reenact/pipeline';
import { crashPoint } from '@reenact/service-kit';
import { type Attempted, judgeAnswer, retryDelay } from '../domain/judge-answer.js';
import { judgeLeftover } from '../domain/judge-leftover.js';
import { type Channel, Egress } from '../egress/egress.js';
import type { PlanRecording } from '../make-plan/plan-recording.js';
import { ANSWER_TIMEOUT_MS, type ExecutePoolConfig, RUNNER_CONFIG } from '../runner.config.js';
import type { EffectRow } from '../store/effect-reads.store.js';
import { EffectLedger, type Ended } from '../store/effect-ledger.store.js';
import type { RunLease } from '../store/run-lease.js';
import { pauseFor } from '../take-runs/patiently.js';
import { Paused } from '../take-runs/paused.js';
import type { Pulse } from '../take-runs/pulse.js';
import { TargetTurns, type Turn } from './target-turns.js';
import type { VerifiedRun } from './verify-run.handler.js';

/** Between writing that an action is begun and its last byte at the latest. */
const SEND_WITHIN_MS = 3_000;
/** What may go by beside that until a turn at a target is given back. */
const TURN_SLACK_MS = 10_000;
const WAIT_MS = 300;
/** How long another replay may be at the same effect before this one gives up. */
const MAX_WAIT_MS = 120_000;

/** How performing ended; `failed` and `indeterminate` say at which action and why. */
export type Performed =
  | { kind: 'succeed' }
  | { kind: 'cancel'; detail?: string }
  | { kind: 'fail' | 'indeterminate'; detail: string };

/** One look at an action: its part is over (and with it the run, where it says how), or it is looked at again after a pause. */
type Step = { over: Performed | undefined } | { pauseMs: number };

/** What was tried at one action. */
interface Tries {
  sent: number;
  notSent: number;
  /** By an earlier attempt at it, of this run's holder or of one before. */
  mayHaveArrived: boolean;
  /** When this one gives up waiting for another replay. */
  waitsUntil: number;
}

const STOPPED: Performed = { kind: 'cancel', detail: 'The execution of the environment was stopped.' };

/** Performs a plan from its recording, action by action, each written down before and after. */
@Injectable()
export class PerformPlanHandler {
  private readonly answerTimeoutMs: number;

  constructor(
    @Inject(RUNNER_CONFIG) config: ExecutePoolConfig,
    private readonly ledger: EffectLedger,
    private readonly egress: Egress,
    private readonly turns: TargetTurns,
  ) {
    this.answerTimeoutMs = config.answerTimeoutMs ?? ANSWER_TIMEOUT_MS;
  }

  async perform(lease: RunLease, pulse: Pulse, run: VerifiedRun, recording: PlanRecording): Promise<Performed> {
    const performing = new PlanPerformance(this.ledger, this.egress, this.turns, lease, pulse, run, this.answerTimeoutMs);
    try {
      return await performing.perform(recording);
    } finally {
      await performing.close();
    }
  }
}

class PlanPerformance {
  private readonly channels = new Map<string, Channel>();
  private readonly idempotent: Set<string>;
  /** Written with the next action's beginning, or when there is none. */
  private ended: Ended | undefined;

  constructor(
    private readonly ledger: EffectLedger,
    private readonly egress: Egress,
    private readonly turns: TargetTurns,
    private readonly lease: RunLease,
    private readonly pulse: Pulse,
    private readonly run: VerifiedRun,
    private readonly answerTimeoutMs: number,
  ) {
    const { stages } = run.inputs.pipeline.spec;
    this.idempotent = new Set(stages.flatMap((stage) => (stage.kind === 'action' && stage.idempotent ? [stage.id] : [])));
  }

  async perform(recording: PlanRecording): Promise<Performed> {
    try {
      return await this.performAll(recording);
    } finally {
      await this.writeEnd();
    }
  }

  async close(): Promise<void> {
    for (const channel of this.channels.values()) await channel.close();
  }

  private async performAll(recording: PlanRecording): Promise<Performed> {
    const last = await this.ledger.last(this.lease.replayId);
    for await (const { action, payload } of recording.actions()) {
      this.pulse.signal.throwIfAborted();
      if (action.disposition !== 'perform' || isBehind(action, last)) continue;
      const before = action.index === last?.index ? last : undefined;
      const left = before && (await this.judgeLast(action, before));
      const stop = left ?? (await this.one(action, await payload(), before?.state === 'started'));
      if (stop) return stop;
    }
    return { kind: 'succeed' };
  }

  /** What an earlier attempt left at its last action; undefined when the run goes on from there. */
  private async judgeLast(action: PlanAction, last: EffectRow & { now: Date }): Promise<Performed | undefined> {
    if (last.state === 'failed') return { kind: 'fail', detail: describe(action, last.error ?? 'it failed') };
    if (last.state === 'indeterminate')
      return { kind: 'indeterminate', detail: describe(action, last.error ?? 'its end is not known') };
    if (last.state !== 'started') return undefined;
    const leftover = { sendBy: last.send_by as Date, idempotent: this.idempotent.has(action.stage) };
    const verdict = judgeLeftover(leftover, last.now, this.answerTimeoutMs);
    if (verdict.kind === 'retry') return undefined;
    if (verdict.kind === 'wait') {
      await pauseFor(verdict.milliseconds, this.pulse.signal);
      return this.judgeLast(action, { ...last, now: new Date(last.now.getTime() + verdict.milliseconds) });
    }
    const error = 'it was begun, and whether it arrived is not known';
    this.ended = { action, state: 'indeterminate', error };
    return { kind: 'indeterminate', detail: describe(action, error) };
  }

  private async one(action: PlanAction, payload: Buffer, mayHaveArrived: boolean): Promise<Performed | undefined> {
    const target = this.target(action.target);
    const tries: Tries = { sent: 0, notSent: 0, mayHaveArrived, waitsUntil: performance.now() + MAX_WAIT_MS };
    for (;;) {
      const turn = await this.takeTurn(target);
      if ('kind' in turn) return turn;
      let step: Step;
      try {
        step = await this.attempt(action, payload, tries);
      } finally {
        await turn.end();
      }
      if ('over' in step) return step.over;
      await pauseFor(step.pauseMs, this.pulse.signal);
    }
  }

  /** Nothing is begun, and nothing written, before the target has room; who is to stop does not wait for it. */
  private takeTurn(target: Target): Promise<Turn | Performed> {
    const lapseMs = SEND_WITHIN_MS + this.answerTimeoutMs + TURN_SLACK_MS;
    return this.turns.take(target, lapseMs, () => this.heldBack(), this.pulse.signal);
  }

  private async heldBack(): Promise<Performed | undefined> {
    await this.writeEnd();
    const held = await this.ledger.heldBack(this.lease);
    return held && (held === 'stopped' ? STOPPED : { kind: 'cancel' });
  }

  private async attempt(action: PlanAction, payload: Buffer, tries: Tries): Promise<Step> {
    const sendBy = performance.now() + SEND_WITHIN_MS;
    const beginning = { sendWithinMs: SEND_WITHIN_MS, idempotent: this.idempotent.has(action.stage) };
    const turn = await this.ledger.turn(this.lease, this.ended, action, beginning);
    this.ended = undefined;
    if (turn.kind === 'withdrawn') return { over: { kind: 'cancel' } };
    if (turn.kind === 'stopped') return { over: STOPPED };
    if (turn.kind === 'paused') throw new Paused();
    if (turn.kind === 'skip') return { over: undefined };
    if (turn.kind === 'blocked')
      return { over: { kind: 'fail', detail: describe(action, `${turn.byReplay} left it unresolved`) } };
    if (turn.kind === 'wait') {
      if (performance.now() <= tries.waitsUntil) return { pauseMs: WAIT_MS };
      return { over: { kind: 'fail', detail: describe(action, 'another replay is at it') } };
    }
    crashPoint('runner.before-send');
    const attempted = await this.channel(action.target).send({ action, payload, sendBy });
    crashPoint('runner.after-send-before-done');
    const count = attempted.kind === 'not_sent' ? 'notSent' : 'sent';
    tries[count] += 1;
    const verdict = judgeAnswer(attempted, { ...beginning, ...tries });
    if (verdict !== 'retry') return { over: this.end(action, verdict, attempted) };
    tries.mayHaveArrived ||= attempted.kind !== 'not_sent';
    // What may have arrived stays begun, also when a later attempt did not leave.
    if (attempted.kind === 'not_sent' && !tries.mayHaveArrived)
      await this.ledger.noteNotSent(this.lease, action, attempted.reason);
    return { pauseMs: retryDelay(tries[count]) };
  }

  private end(action: PlanAction, verdict: 'done' | 'failed' | 'indeterminate', attempted: Attempted): Performed | undefined {
    const answered = attempted.kind === 'answered';
    const error = answered ? `answered ${attempted.status}` : attempted.reason;
    this.ended = {
      action,
      state: verdict,
      ...(answered && { status: attempted.status }),
      ...(verdict !== 'done' && { error }),
    };
    if (verdict === 'done') return undefined;
    return { kind: verdict === 'failed' ? 'fail' : 'indeterminate', detail: describe(action, error) };
  }

  /** Whatever stops the run, what was done is written down. */
  private async writeEnd(): Promise<void> {
    const { ended } = this;
    this.ended = undefined;
    if (ended) await this.ledger.settle(this.lease, ended);
  }

  private channel(name: string): Channel {
    const known = this.channels.get(name);
    if (known) return known;
    const channel = this.egress.open(this.target(name));
    this.channels.set(name, channel);
    return channel;
  }

  private target(name: string): Target {
    const target = this.run.targets.get(name);
    if (!target) throw new Error(`target ${name} was not resolved`);
    return target;
  }
}

/** Actions are taken in order: before the last one all have ended, and that one too unless it was only begun. */
function isBehind(action: PlanAction, last: EffectRow | undefined): boolean {
  if (!last || action.index > last.index) return false;
  return action.index < last.index || last.state === 'done' || last.state === 'already_done';
}

function describe({ index, stage }: PlanAction, what: string): string {
  return `Action ${index} (${stage}): ${what}`;
}
