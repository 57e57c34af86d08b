import { REPLAY_STATES, type ReplayMode, TERMINAL_STATES, type Withdraw } from '@reenact/contracts';
import { EARLY, LATE, passedChecks, sampleDispatch, sampleReplay } from './replay.fixture.js';
import { next, type Step } from './replay.machine.js';
import type { ReplayRecord } from './replay.js';
import type { ReplayMessage } from './replay-message.js';
import { acceptCommand, type RunModel, runMoves, withdrawRun } from './run-model.fixture.js';
import { withSlot } from './slots.js';

/** A replay with all that is around it alone. */
export interface Side {
  replay: ReplayRecord;
  /** Everything that was sent. */
  net: readonly string[];
  /** What was delivered at least once. */
  delivered: readonly string[];
  use: 'none' | 'reserved' | 'released' | 'refused' | 'settled';
  run?: RunModel;
  executes: number;
  wasReserved: boolean;
  wasChecked: boolean;
  withdrawConfirmed: boolean;
}

/** Replays of one environment. */
export interface World {
  sides: readonly Side[];
  /** False once the approvals were revoked or have expired. */
  usable: boolean;
  late: boolean;
}

export interface Scenario {
  mode: ReplayMode;
  approval: boolean;
  /** Somebody may command a run of this mode for the replay. */
  forged?: ReplayMode;
  /** Two want the one slot. No runner dies then: what comes of that, single replays show. */
  rivals?: true;
  /** Nobody is late: the checks are answered. */
  inTime?: true;
}

/** What the exploration takes as given; a test changes one to see that it is found out. */
export interface Rules {
  next(replay: ReplayRecord, message: ReplayMessage): Step;
  withSlot: typeof withSlot;
  /** The mode of the row that a withdraw leaves when it comes before its command. */
  earlyMode(asked: ReplayMode): ReplayMode;
}

export const RULES: Rules = { next, withSlot, earlyMode: (asked) => asked };

export interface Move {
  world: World;
  /** It happens sooner or later; other moves may never. */
  certain: boolean;
}

type Fail = (what: string) => void;
type To = { side: Side; usable?: boolean; certain: boolean };

const approvalId = sampleReplay().approvalId as string;
const SLOTS = sampleDispatch.slots;

export function firstWorld({ mode, approval, rivals }: Scenario): World {
  const replay = sampleReplay({ mode, ...(!approval && { approvalId: undefined }) });
  const side: Side = {
    replay,
    net: [],
    delivered: [],
    use: 'none',
    executes: 0,
    wasReserved: false,
    wasChecked: false,
    withdrawConfirmed: false,
  };
  return { sides: rivals ? [side, side] : [side], usable: true, late: false };
}

/** Equal worlds have equal keys; which replay came first is no difference. */
export function keyOf({ sides, usable, late }: World): string {
  return `${usable}${late}${sides.map(sideKey).sort().join('|')}`;
}

const keys = new WeakMap<Side, string>();

function sideKey(side: Side): string {
  const known = keys.get(side);
  if (known !== undefined) return known;
  const { replay, net, delivered, run, use, executes, wasReserved, wasChecked, withdrawConfirmed } = side;
  const { state, withdrawal, holdsSlot, checks, resolution } = replay;
  const key = JSON.stringify([
    [state, withdrawal, holdsSlot, checks.map(({ outcome }) => outcome[0]).join(''), resolution !== undefined],
    [...net].sort(),
    [...delivered].sort(),
    run && [run.mode, run.state, run.claims, run.noted, run.forged, run.unconfirmed, run.rival],
    [use, executes, wasReserved, wasChecked, withdrawConfirmed],
  ]);
  keys.set(side, key);
  return key;
}

/** Every world that one step leads to. */
export function moves(world: World, scenario: Scenario, rules: Rules, fail: Fail): Move[] {
  const { sides, usable, late } = world;
  const all: Move[] = [];
  if (!late && !scenario.inTime) all.push({ world: { ...world, late: true }, certain: true });
  if (usable && scenario.approval) all.push({ world: { ...world, usable: false }, certain: false });
  for (const [index, side] of sides.entries()) {
    const inUse = sides.filter(({ replay }) => replay.holdsSlot).length;
    // A single replay meets others who hold the slot, or nobody.
    for (const taken of scenario.rivals ? [inUse] : [inUse, SLOTS]) {
      const turn = new Turn({ usable, late, taken, scenario, rules, fail });
      for (const { side: moved, certain } of turn.moves(side)) {
        if (moved === side) continue;
        const after = sides.map((other, i) => (i === index ? moved : other));
        if (scenario.rivals && after.filter(({ replay }) => replay.holdsSlot).length > SLOTS) fail('I6 a slot is taken twice');
        all.push({ world: { ...world, sides: after }, certain });
      }
    }
  }
  return all;
}

interface Surroundings {
  usable: boolean;
  late: boolean;
  taken: number;
  scenario: Scenario;
  rules: Rules;
  fail: Fail;
}

/** What may happen to one of the replays next. */
class Turn {
  private readonly at: string;

  constructor(private readonly around: Surroundings) {
    this.at = around.late ? LATE : EARLY;
  }

  moves(side: Side): To[] {
    const { late, scenario } = this.around;
    const checks = passedChecks(scenario.approval);
    const maybe = (to: Side): To => ({ side: to, certain: false });
    const surely = (to: Side): To => ({ side: to, certain: true });
    const told = (name: string, message: object) => this.deliver(side, name, (to) => this.tell(to, message));
    const { forged, inTime = false } = scenario;
    return [
      // People and time
      maybe(this.tell(side, { type: 'cancel' })),
      ...(late ? [surely(this.tell(side, { type: 'deadline' }))] : []),
      ...(forged && !side.net.includes('forged') ? [maybe(send(side, 'forged'))] : []),
      // The saga's own turns; the reads of its checks may stay without an answer for ever
      surely(this.tell(side, { type: 'taken_up' })),
      maybe(this.tell(side, { type: 'checked', checks: passedChecks(false), codes: ['approval_missing'] })),
      { side: this.tell(side, { type: 'checked', checks, codes: [], dispatch: sampleDispatch }), certain: inTime },
      ...told('use_reserved', { type: 'use_reserved', approvalId }),
      ...told('use_refused', { type: 'use_refused', approvalId, code: 'approval_revoked' }),
      ...side.net.flatMap((name) => this.runFact(side, name)),
      ...this.deliver(side, 'reserve', (to) => this.reserve(to)),
      ...this.deliver(side, 'release', (to) => (to.use === 'none' || to.use === 'reserved' ? { ...to, use: 'released' } : to)),
      ...this.deliver(side, 'run', (to) => ({ ...to, run: acceptCommand(to.run, scenario.mode, false) })),
      ...(forged ? this.deliver(side, 'forged', (to) => ({ ...to, run: acceptCommand(to.run, forged, true) })) : []),
      ...side.net.flatMap((name) => this.withdraw(side, name)),
      ...this.perform(side),
    ];
  }

  /** One message to the saga, with I2 (one end, which absorbs), I4 (one event per transition) and I1 (order) looked at. */
  private tell(side: Side, told: object): Side {
    const { rules, taken, scenario, fail } = this.around;
    const before = side.replay;
    const happened = { at: this.at, attempt: 1, slotFree: false, ...told } as unknown as ReplayMessage;
    const message = rules.withSlot(before, happened, new Map([[before.environmentId, taken]]));
    const step = rules.next(before, message);
    if (!step.changed) return side;
    const ends = TERMINAL_STATES.includes(step.replay.state);
    if (TERMINAL_STATES.includes(before.state) && step.replay.state !== before.state) fail('I2 an end was left');
    const states = step.events
      .map(({ contract }) => contract.type.split('.')[3])
      .filter((fact) => REPLAY_STATES.includes(fact as never));
    if (step.replay.state !== before.state && states.at(-1) !== step.replay.state)
      fail('I4 a transition left no event of its own');
    if (step.replay.state === before.state && states.length > 0) fail('I4 an event without a transition');
    if (step.replay.version !== before.version + step.events.length) fail('I4 events and versions differ');
    if ('mode' in message && message.mode !== before.mode) fail('I7 a run of another mode moved a replay');
    const passed = message.type === 'checked' && step.replay.state !== before.state && message.codes.length === 0;
    const wasChecked = side.wasChecked || passed;
    let moved: Side = { ...side, replay: step.replay, wasChecked };
    for (const { contract, data } of step.commands) {
      const verb = contract.type.split('.')[3];
      if (verb === 'execute' || verb === 'dry-run') {
        moved = { ...moved, executes: Math.min(moved.executes + 1, 2) };
        if (moved.executes > 1) fail('I2 two execute commands');
        if (!wasChecked) fail('I1 execute before the checks passed');
        if (scenario.approval && !side.wasReserved) fail('I1 execute before the approval was reserved');
        if (ends) fail('I1 execute of an ended replay');
        moved = send(moved, 'run');
      } else if (verb === 'withdraw') {
        const { reason, mode } = data as Withdraw;
        moved = send(moved, `withdraw:${mode}:${reason}`);
      } else moved = send(moved, verb);
    }
    return moved;
  }

  private runFact(side: Side, name: string): To[] {
    const [type, mode, cause] = name.split(':');
    if (!type.startsWith('run_')) return [];
    const codes = type === 'run_refused' ? ['approval_revoked'] : [];
    return this.deliver(side, name, (to) => this.tell(to, { type, mode, codes, cause }));
  }

  private withdraw(side: Side, name: string): To[] {
    const [verb, mode, reason] = name.split(':');
    if (verb !== 'withdraw') return [];
    return this.deliver(side, name, (to) => {
      const asked = { mode: mode as ReplayMode, reason: reason as Withdraw['reason'] };
      const { run, fact } = withdrawRun(to.run, asked, this.around.rules.earlyMode(asked.mode));
      const withdrawn = { ...to, run, withdrawConfirmed: to.withdrawConfirmed || fact !== undefined };
      return fact === undefined ? withdrawn : send(withdrawn, fact);
    });
  }

  private deliver(side: Side, message: string, handle: (side: Side) => Side): To[] {
    if (!side.net.includes(message)) return [];
    const first = !side.delivered.includes(message);
    const to = first ? { ...side, delivered: [...side.delivered, message] } : side;
    return [{ side: handle(to), certain: first }];
  }

  /** Reserve and release are final per replay; what was said once is said again. A dry run's use is settled with its reserve. */
  private reserve(side: Side): Side {
    const { usable, scenario } = this.around;
    if (side.use === 'none' && usable) {
      return send({ ...side, use: scenario.mode === 'dry_run' ? 'settled' : 'reserved', wasReserved: true }, 'use_reserved');
    }
    if (side.use === 'none') return send({ ...side, use: 'refused' }, 'use_refused');
    return side.use === 'released' ? send(side, 'use_refused') : side;
  }

  /** The runner's own turns. */
  private perform(side: Side): To[] {
    const { run, replay, use } = side;
    const { usable, late, scenario, fail } = this.around;
    if (!run) return [];
    const own = run.mode === scenario.mode && !run.forged;
    const settle = !own || scenario.mode === 'dry_run' || !scenario.approval ? 'not_needed' : settling(use, usable);
    const confirmed = scenario.mode === 'execute' && (replay.state === 'dispatching' || replay.state === 'running');
    if (run.state === 'running' && run.mode === 'execute' && run.noted !== 'cancel') {
      if (!own) fail('I5 an action of a command that nobody stood by');
      if (scenario.approval && use !== 'settled') fail('I5 an action without a settled use');
      if (side.withdrawConfirmed) fail('I5 an action after a confirmed withdraw');
      if (TERMINAL_STATES.includes(replay.state)) fail('I5 an action of a replay that has ended');
    }
    return runMoves(run, { late, confirmed, settle })
      .filter(({ certain }) => certain || !scenario.rivals)
      .map(({ run: after, fact, settles, certain }) => {
        const moved: Side = { ...side, run: after, ...(settles && { use: 'settled' as const }) };
        return { side: fact === undefined ? moved : send(moved, fact), certain };
      });
  }
}

function settling(use: Side['use'], usable: boolean): 'settled' | 'settles' | 'refused' {
  if (use === 'settled') return 'settled';
  return use === 'reserved' && usable ? 'settles' : 'refused';
}

const send = (side: Side, message: string): Side =>
  side.net.includes(message) ? side : { ...side, net: [...side.net, message] };
