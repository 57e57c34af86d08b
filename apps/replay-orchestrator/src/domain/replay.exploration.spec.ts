import { REPLAY_STATES, TERMINAL_STATES } from '@reenact/contracts';
import { EARLY, LATE, passedChecks, sampleDispatch, sampleReplay } from './replay.fixture.js';
import { next, TABLE, type Transition } from './replay.machine.js';
import type { ReplayRecord } from './replay.js';
import type { ReplayMessage } from './replay-message.js';

/*
 * Explores every state of the saga together with models of the approval service and the runner. The network only grows: whatever was sent once may
 * be delivered at any time, in any order, any number of times, which covers loss with redelivery, duplication and crashes between steps. What must
 * come true in the end may count on one delivery of each message only.
 */
interface World {
  replay: ReplayRecord;
  /** Everything that was sent. */
  net: string[];
  /** What was delivered at least once. */
  delivered: string[];
  use: 'none' | 'reserved' | 'released' | 'refused' | 'settled';
  /** False once the approval was revoked or has expired. */
  usable: boolean;
  run: 'none' | 'verifying' | 'starting' | 'performing' | 'ended';
  stopAsked: boolean;
  late: boolean;
  executes: number;
  wasReserved: boolean;
  wasChecked: boolean;
  withdrawConfirmed: boolean;
}

interface Move {
  world: World;
  /** It happens sooner or later; other moves may never. */
  certain: boolean;
}

interface Scenario {
  mode: 'execute' | 'dry_run';
  approval: boolean;
}

interface Exploration {
  states: number;
  reached: Set<string>;
  violations: Set<string>;
}

const LIMIT = 50_000;
const approvalId = sampleReplay().approvalId as string;

function keyOf(w: World): string {
  const { state, withdrawal, holdsSlot, checks, resolution } = w.replay;
  const outcomes = checks.map(({ outcome }) => outcome[0]).join('');
  return JSON.stringify([
    {
      ...w,
      replay: [state, withdrawal, holdsSlot, outcomes, resolution !== undefined],
      net: [...w.net].sort(),
      delivered: [...w.delivered].sort(),
    },
  ]);
}

const send = (w: World, ...messages: string[]): World => ({ ...w, net: [...new Set([...w.net, ...messages])] });

/** One message to the saga, with I2 (one end, which absorbs), I4 (one event per transition) and I1 (order) looked at. */
function advance(
  w: World,
  message: ReplayMessage,
  scenario: Scenario,
  table: readonly Transition[],
  fail: (what: string) => void,
): World {
  const step = next(w.replay, message, table);
  const before = w.replay;
  if (TERMINAL_STATES.includes(before.state) && step.replay.state !== before.state) fail('I2 an end was left');
  const states = step.events
    .map(({ contract }) => contract.type.split('.')[3])
    .filter((fact) => REPLAY_STATES.includes(fact as never));
  if (step.replay.state !== before.state && states.at(-1) !== step.replay.state) fail('I4 a transition left no event of its own');
  if (step.replay.state === before.state && states.length > 0) fail('I4 an event without a transition');
  if (step.replay.version !== before.version + step.events.length) fail('I4 events and versions differ');
  const wasChecked =
    w.wasChecked || (message.type === 'checked' && step.replay.state !== before.state && message.codes.length === 0);
  let world: World = { ...w, replay: step.replay, wasChecked };
  for (const { contract, data } of step.commands) {
    const verb = contract.type.split('.')[3];
    if (verb === 'execute' || verb === 'dry-run') {
      world.executes = Math.min(world.executes + 1, 2);
      if (world.executes > 1) fail('I2 two execute commands');
      if (!wasChecked) fail('I1 execute before the checks passed');
      if (scenario.approval && !w.wasReserved) fail('I1 execute before the approval was reserved');
      if (TERMINAL_STATES.includes(step.replay.state)) fail('I1 execute of an ended replay');
      world = send(world, 'run');
    } else if (verb === 'withdraw') world = send(world, `withdraw:${(data as { reason: string }).reason}`);
    else world = send(world, verb);
  }
  return world;
}

/** Every world that one step leads to. */
function moves(w: World, scenario: Scenario, table: readonly Transition[], fail: (what: string) => void): Move[] {
  const at = w.late ? LATE : EARLY;
  const to = (message: object, world = w) =>
    advance(world, { at, attempt: 1, ...message } as ReplayMessage, scenario, table, fail);
  const maybe = (...worlds: World[]): Move[] => worlds.map((world) => ({ world, certain: false }));
  const surely = (...worlds: World[]): Move[] => worlds.map((world) => ({ world, certain: true }));
  const told = (name: string, message: object): Move[] => deliver(w, name, (world) => [to(message, world)]);
  const checks = passedChecks(scenario.approval);
  return [
    // People and time
    ...maybe(to({ type: 'cancel' })),
    ...(w.late ? surely(to({ type: 'deadline' })) : surely({ ...w, late: true })),
    ...(w.usable ? maybe({ ...w, usable: false }) : []),
    // The saga's own turns; the reads of its checks may stay without an answer for ever
    ...surely(to({ type: 'taken_up' })),
    ...maybe(to({ type: 'checked', checks: passedChecks(false), codes: ['approval_missing'], slotFree: true })),
    ...[true, false].flatMap((slotFree) => [
      ...maybe(to({ type: 'checked', checks, codes: [], dispatch: sampleDispatch, slotFree })),
      ...told('use_reserved', { type: 'use_reserved', approvalId, slotFree }),
    ]),
    ...told('use_refused', { type: 'use_refused', approvalId, code: 'approval_revoked' }),
    ...RUN_FACTS.flatMap((type) => told(type, { type, codes: [] })),
    ...told('run_refused', { type: 'run_refused', codes: ['approval_revoked'] }),
    ...['cancel', 'start_by'].flatMap((cause) => told(`run_withdrawn:${cause}`, { type: 'run_withdrawn', cause })),
    ...deliver(w, 'reserve', (world) => reserve(world, scenario)),
    ...deliver(w, 'release', (world) => [
      world.use === 'none' || world.use === 'reserved' ? { ...world, use: 'released' } : world,
    ]),
    ...deliver(w, 'run', (world) => [world.run === 'none' ? { ...world, run: 'verifying' } : world]),
    ...['cancel', 'start_by'].flatMap((reason) => deliver(w, `withdraw:${reason}`, (world) => [withdrawRun(world, reason)])),
    ...surely(...perform(w, scenario, fail)),
  ];
}

const RUN_FACTS = ['run_started', 'run_succeeded', 'run_failed', 'run_cancelled', 'run_indeterminate'];

function deliver(w: World, message: string, handle: (world: World) => World[]): Move[] {
  if (!w.net.includes(message)) return [];
  const first = !w.delivered.includes(message);
  return handle(first ? { ...w, delivered: [...w.delivered, message] } : w).map((world) => ({ world, certain: first }));
}

/** Reserve and release are final per replay; what was said once is said again. A dry run's use is settled with its reserve. */
function reserve(w: World, scenario: Scenario): World[] {
  if (w.use === 'none' && w.usable) {
    return [send({ ...w, use: scenario.mode === 'dry_run' ? 'settled' : 'reserved', wasReserved: true }, 'use_reserved')];
  }
  if (w.use === 'none') return [send({ ...w, use: 'refused' }, 'use_refused')];
  return [w.use === 'released' ? send(w, 'use_refused') : w];
}

const end = (world: World, fact: string): World => send({ ...world, run: 'ended' }, fact);

function withdrawRun(w: World, reason: string): World {
  if (w.run === 'none' || w.run === 'verifying') return end({ ...w, withdrawConfirmed: true }, `run_withdrawn:${reason}`);
  return reason === 'cancel' ? { ...w, stopAsked: true } : w;
}

/** The runner's own turns: one row that decides the start, the settling of the use, the actions. */
function perform(w: World, scenario: Scenario, fail: (what: string) => void): World[] {
  if (w.run === 'verifying') {
    // Accepting and expiring are separate: one conditional update decides.
    const decided: World = w.late ? end({ ...w, withdrawConfirmed: true }, 'run_withdrawn:start_by') : { ...w, run: 'starting' };
    return [decided, end(w, 'run_refused'), end(w, 'run_failed')];
  }
  if (w.run === 'starting') {
    const settles = scenario.approval && scenario.mode === 'execute';
    if (!settles || w.use === 'settled') {
      return [send({ ...w, run: 'performing' }, 'run_started'), end(w, 'run_refused'), end(w, 'run_failed')];
    }
    // The use may be settled while the answer is lost.
    const settled: World = w.use === 'reserved' && w.usable ? { ...w, use: 'settled' } : end(w, 'run_refused');
    return [settled, end(w, 'run_failed')];
  }
  if (w.run !== 'performing') return [];
  const ends = [end(w, 'run_failed'), end(w, 'run_indeterminate')];
  if (w.stopAsked) return [end(w, 'run_cancelled'), ...ends];
  if (scenario.mode === 'execute' && scenario.approval && w.use !== 'settled') fail('I5 an action without a settled use');
  if (w.withdrawConfirmed) fail('I5 an action after a confirmed withdraw');
  if (TERMINAL_STATES.includes(w.replay.state)) fail('I5 an action of a replay that has ended');
  return [end(w, 'run_succeeded'), ...ends];
}

function explore(scenario: Scenario, table: readonly Transition[] = TABLE): Exploration {
  const violations = new Set<string>();
  const fail = (what: string) => violations.add(what);
  const first: World = {
    replay: sampleReplay({ mode: scenario.mode, ...(!scenario.approval && { approvalId: undefined }) }),
    net: [],
    delivered: [],
    use: 'none',
    usable: true,
    run: 'none',
    stopAsked: false,
    late: false,
    executes: 0,
    wasReserved: false,
    wasChecked: false,
    withdrawConfirmed: false,
  };
  const seen = new Map<string, World>([[keyOf(first), first]]);
  const into = new Map<string, Set<string>>();
  const rest: string[] = [];
  const queue = [keyOf(first)];
  for (let key = queue.pop(); key !== undefined && seen.size < LIMIT; key = queue.pop()) {
    const world = seen.get(key) as World;
    let resting = true;
    for (const { world: reached, certain } of moves(world, scenario, table, fail)) {
      const to = keyOf(reached);
      if (to === key) continue;
      if (certain) {
        resting = false;
        into.set(to, (into.get(to) ?? new Set()).add(key));
      }
      if (seen.has(to)) continue;
      seen.set(to, reached);
      queue.push(to);
    }
    if (resting) rest.push(key);
  }
  if (seen.size >= LIMIT) fail('too many states');
  // Where nothing more is certain to happen, everything has ended and is let go of; and every world comes there.
  for (const key of rest) {
    const { replay, use, run } = seen.get(key) as World;
    if (!TERMINAL_STATES.includes(replay.state)) fail(`a replay rests in ${replay.state}`);
    if (use === 'reserved') fail('I3 an approval stays reserved');
    if (replay.holdsSlot) fail('a slot is never freed');
    if (run !== 'none' && run !== 'ended') fail('a run never ends');
  }
  const live = new Set(rest);
  const back = [...rest];
  for (let key = back.pop(); key !== undefined; key = back.pop()) {
    for (const from of into.get(key) ?? []) if (!live.has(from) && live.add(from)) back.push(from);
  }
  if (live.size !== seen.size) fail('a world never comes to rest');
  return { states: seen.size, reached: new Set([...seen.values()].map(({ replay }) => replay.state)), violations };
}

const row = (from: string, on: string, when?: string) =>
  TABLE.findIndex(
    (t) => t.from.includes(from as never) && t.on === on && (when === undefined || t.when?.includes(when as never)),
  );
const without = (index: number) => TABLE.filter((_, i) => i !== index);
const changed = (index: number, change: Partial<Transition>) => TABLE.map((t, i) => (i === index ? { ...t, ...change } : t));

describe('replay saga, explored', () => {
  it.each<Scenario>([
    { mode: 'execute', approval: true },
    { mode: 'execute', approval: false },
    { mode: 'dry_run', approval: true },
    { mode: 'dry_run', approval: false },
  ])('explore - I1 to I5 hold in every reachable state of %o', (scenario) => {
    const { states, reached, violations } = explore(scenario);
    process.stdout.write(`explored ${states} states of ${scenario.mode}${scenario.approval ? ' with approval' : ''}\n`);
    expect([...violations]).toEqual([]);
    for (const state of REPLAY_STATES) {
      if (state !== 'reserving' || scenario.approval) expect(reached).toContain(state);
    }
  });

  it.each<[string, readonly Transition[], RegExp]>([
    ['the approval is not reserved', without(row('checking', 'checked', 'approvalNeeded')), /I1/],
    [
      'the command goes out beside the reserve',
      changed(row('checking', 'checked', 'approvalNeeded'), { commands: ['reserve', 'execute'] }),
      /I1/,
    ],
    [
      'reserve and execute are swapped',
      changed(row('checking', 'checked', 'approvalNeeded'), { to: ['dispatching'], commands: ['execute', 'reserve'] }),
      /I1/,
    ],
    [
      'start-by ends the replay without asking the runner',
      changed(row('dispatching', 'deadline'), { to: ['expired'], commands: ['release'] }),
      /I5 an action of a replay that has ended/,
    ],
    ['cancel ends the replay without asking the runner', changed(row('dispatching', 'cancel'), { to: ['cancelled'] }), /I5|I3/],
    ['a refused run keeps the approval', changed(row('dispatching', 'run_refused'), { commands: [] }), /I3/],
    ['a refused run changes nothing', without(row('dispatching', 'run_refused')), /rests in dispatching/],
    ['an end is left', changed(row('expired', 'use_reserved'), { to: ['dispatching'], commands: ['execute'] }), /I2/],
    ['nothing times out', without(row('checking', 'deadline')), /rests in checking/],
    ['a slot is kept', changed(row('dispatching', 'run_withdrawn'), { to: [] }), /rests in dispatching/],
  ])('explore - finds out when %s', (_what, table, expected) => {
    expect([...explore({ mode: 'execute', approval: true }, table).violations].join('\n')).toMatch(expected);
  });
});
