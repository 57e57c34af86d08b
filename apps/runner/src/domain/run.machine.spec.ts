import { judgeWithdraw, RUN_ENDS, RUN_STATES, RUN_TRANSITIONS } from '@reenact/contracts';
import { sourcesOf, transition } from './run.machine.js';

describe('run.machine', () => {
  it.each(['dry_run', 'execute'] as const)('%s - every state that is entered has an end in reach', (mode) => {
    const reaches = (state: string, seen: Set<string>): boolean => {
      if (RUN_ENDS.includes(state as never)) return true;
      if (seen.has(state)) return false;
      seen.add(state);
      return RUN_TRANSITIONS[mode].some(({ from, to }) => from === state && reaches(to, seen));
    };
    for (const { to } of RUN_TRANSITIONS[mode]) expect([to, reaches(to, new Set())]).toEqual([to, true]);
  });

  it.each(['dry_run', 'execute'] as const)('%s - ends absorb, and a state has one answer per trigger', (mode) => {
    expect(RUN_TRANSITIONS[mode].filter(({ from }) => RUN_ENDS.includes(from))).toEqual([]);
    const keys = RUN_TRANSITIONS[mode].map(({ from, on }) => `${from}/${on}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('says a fact with every end, and starts from one state only', () => {
    for (const mode of ['dry_run', 'execute'] as const) {
      for (const row of RUN_TRANSITIONS[mode]) {
        // An unconfirmed command's row is set aside, and its replay goes on waiting.
        if (RUN_ENDS.includes(row.to)) expect(row.fact).toBe(row.on === 'unconfirm' ? 'unconfirmed' : row.to);
      }
    }
    expect(sourcesOf('execute', 'begin')).toEqual(['verifying']);
    expect(sourcesOf('execute', 'start')).toEqual(['starting']);
    expect(transition('execute', 'queued', 'start')).toBeUndefined();
  });

  it('a dry run never verifies, starts or becomes indeterminate', () => {
    const states = RUN_TRANSITIONS.dry_run.flatMap(({ from, to }) => [from, to]);
    expect(states).not.toEqual(expect.arrayContaining([expect.stringMatching(/verifying|starting|indeterminate|refused/)]));
  });

  it('withdraw - ends what has not begun, is noted by what has, and comes too late for what ended', () => {
    const table = RUN_STATES.map((state) => [
      state,
      judgeWithdraw({ mode: 'execute', asked: 'execute', state, reason: 'cancel' }),
      judgeWithdraw({ mode: 'execute', asked: 'execute', state, reason: 'start_by' }),
    ]);
    expect(table).toEqual([
      ['queued', 'end', 'end'],
      ['verifying', 'end', 'end'],
      ['starting', 'note', 'ignore'],
      ['running', 'note', 'ignore'],
      ['succeeded', 'ignore', 'ignore'],
      ['failed', 'ignore', 'ignore'],
      ['refused', 'ignore', 'ignore'],
      ['withdrawn', 'ignore', 'ignore'],
      ['cancelled', 'ignore', 'ignore'],
      ['indeterminate', 'ignore', 'ignore'],
    ]);
  });

  it('withdraw - ends a run of another mode, which no replay waits for, but never an execute that has begun', () => {
    const of = (mode: 'dry_run' | 'execute', asked: 'dry_run' | 'execute') =>
      RUN_STATES.filter((state) => judgeWithdraw({ mode, asked, state, reason: 'start_by' }) === 'end');
    expect(of('dry_run', 'execute')).toEqual(RUN_STATES);
    expect(of('execute', 'dry_run')).toEqual(['queued', 'verifying', 'refused', 'withdrawn']);
  });

  it('exhausted - is a refusal before the start; afterwards what was begun decides', () => {
    expect(transition('execute', 'verifying', 'exhaust')?.to).toBe('refused');
    expect(transition('execute', 'starting', 'exhaust')?.to).toBe('refused');
    expect(transition('execute', 'running', 'exhaust')).toBeUndefined();
  });
});
