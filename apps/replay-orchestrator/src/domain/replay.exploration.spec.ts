import { REPLAY_STATES, RUN_ENDS, TERMINAL_STATES } from '@reenact/contracts';
import { next, TABLE, type Transition } from './replay.machine.js';
import type { ReplayMessage } from './replay-message.js';
import { firstWorld, keyOf, moves, type Rules, RULES, type Scenario, type World } from './world.fixture.js';

/*
 * Explores every state of the saga together with models of the approval service and the runner. The network only grows: whatever was sent once may
 * be delivered at any time, in any order, any number of times, which covers loss with redelivery, duplication and crashes between steps. What must
 * come true in the end may count on one delivery of each message only. Runs move by the runner's own table; a runner may die at any time, and another
 * one take over.
 */
interface Exploration {
  states: number;
  /** Of each world, the states of its replays. */
  reached: Set<string>;
  violations: Set<string>;
}

const LIMIT = 400_000;

function explore(scenario: Scenario, change: Partial<Rules> = {}): Exploration {
  const rules = { ...RULES, ...change };
  const violations = new Set<string>();
  const fail = (what: string) => violations.add(what);
  const first = firstWorld(scenario);
  const seen = new Map<string, World>([[keyOf(first), first]]);
  const into = new Map<string, string[]>();
  const rest: string[] = [];
  const queue = [keyOf(first)];
  for (let key = queue.pop(); key !== undefined && seen.size < LIMIT; key = queue.pop()) {
    const world = seen.get(key) as World;
    let resting = true;
    for (const { world: reached, certain } of moves(world, scenario, rules, fail)) {
      const to = keyOf(reached);
      if (to === key) continue;
      if (certain) {
        resting = false;
        const from = into.get(to);
        if (from) from.push(key);
        else into.set(to, [key]);
      }
      if (seen.has(to)) continue;
      seen.set(to, reached);
      queue.push(to);
    }
    if (resting) rest.push(key);
  }
  if (seen.size >= LIMIT) fail('too many states');
  // Where nothing more is certain to happen, everything has ended and is let go of; and every world comes there.
  for (const key of rest) for (const side of (seen.get(key) as World).sides) lookAtRest(side, fail);
  const live = new Set(rest);
  const back = [...rest];
  for (let key = back.pop(); key !== undefined; key = back.pop()) {
    for (const from of into.get(key) ?? []) if (!live.has(from) && live.add(from)) back.push(from);
  }
  if (live.size !== seen.size) fail('a world never comes to rest');
  return { states: seen.size, reached: new Set([...seen.values()].map(statesOf)), violations };
}

function lookAtRest({ replay, use, run }: World['sides'][number], fail: (what: string) => void): void {
  if (!TERMINAL_STATES.includes(replay.state)) fail(`a replay rests in ${replay.state}`);
  if (use === 'reserved') fail('I3 an approval stays reserved');
  if (replay.holdsSlot) fail('a slot is never freed');
  if (run && !RUN_ENDS.includes(run.state)) fail('a run never ends');
}

const statesOf = ({ sides }: World): string =>
  sides
    .map(({ replay }) => replay.state)
    .sort()
    .join(' ');

const row = (from: string, on: string, when?: string) =>
  TABLE.findIndex(
    (t) => t.from.includes(from as never) && t.on === on && (when === undefined || t.when?.includes(when as never)),
  );
const by = (table: readonly Transition[]): Partial<Rules> => ({ next: (replay, message) => next(replay, message, table) });
const without = (index: number) => by(TABLE.filter((_, i) => i !== index));
const changed = (index: number, change: Partial<Transition>) => by(TABLE.map((t, i) => (i === index ? { ...t, ...change } : t)));

const EXECUTE: Scenario = { mode: 'execute', approval: true };
const DRY_RUN: Scenario = { mode: 'dry_run', approval: false };

describe('replay saga, explored', () => {
  it.each<Scenario>([
    EXECUTE,
    { mode: 'execute', approval: false },
    { mode: 'dry_run', approval: true },
    DRY_RUN,
    { ...EXECUTE, forged: 'execute' },
    { ...EXECUTE, forged: 'dry_run' },
    { ...DRY_RUN, forged: 'execute' },
    { ...DRY_RUN, approval: true, forged: 'execute' },
  ])('explore - I1 to I7 hold in every reachable state of %o', (scenario) => {
    const { states, reached, violations } = explore(scenario);
    process.stdout.write(`explored ${states} states of ${JSON.stringify(scenario)}\n`);
    expect([...violations]).toEqual([]);
    for (const state of REPLAY_STATES) {
      const never = (state === 'reserving' && !scenario.approval) || (state === 'indeterminate' && scenario.mode === 'dry_run');
      expect([state, reached.has(state)]).toEqual([state, !never]);
    }
  });

  it.each<Scenario>([
    { mode: 'execute', approval: false, rivals: true },
    { ...EXECUTE, rivals: true, inTime: true },
  ])('explore - two replays never hold one slot, and both may have had it in the end: %o', (scenario) => {
    const { states, reached, violations } = explore(scenario);
    process.stdout.write(`explored ${states} states of ${JSON.stringify(scenario)}\n`);
    expect([...violations]).toEqual([]);
    expect(reached).toContain('succeeded succeeded');
    expect(reached).toContain('rejected running');
    expect(reached).not.toContain('running running');
  });

  it.each<[string, Partial<Rules>, RegExp, Scenario?]>([
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
    ['a withdrawn run changes nothing', changed(row('dispatching', 'run_withdrawn'), { to: [] }), /rests in dispatching/],
    ['a withdraw before its command is taken for an execute', { earlyMode: () => 'execute' }, /rests in dispatching/, DRY_RUN],
    [
      'runs of another mode are heeded',
      { next: (replay, message) => next(replay, modeless(message)) },
      /I7/,
      { ...EXECUTE, forged: 'dry_run' },
    ],
    [
      'a slot is not freed',
      {
        next: (replay, message) => {
          const step = next(replay, message);
          return { ...step, replay: { ...step.replay, holdsSlot: replay.holdsSlot || step.replay.holdsSlot } };
        },
      },
      /a slot is never freed/,
    ],
    [
      'a slot is free whoever has it',
      { withSlot: (replay, message) => RULES.withSlot(replay, message, new Map([[replay.environmentId, 0]])) },
      /I6/,
      { mode: 'execute', approval: false, rivals: true },
    ],
  ])('explore - finds out when %s', (_what, rules, expected, scenario = EXECUTE) => {
    expect([...explore(scenario, rules).violations].join('\n')).toMatch(expected);
  });
});

function modeless(message: ReplayMessage): ReplayMessage {
  return 'mode' in message ? { ...message, mode: undefined } : message;
}
