import { FAILURES } from '@reenact/contracts';
import { EARLY, passedChecks, sampleDispatch, sampleReplay } from './replay.fixture.js';
import type { ReplayRecord } from './replay.js';
import { closeChecks, withPendingStart } from './replay-checks.js';
import { toReplay, toVerdict } from './to-replay.js';

const pause = {
  reason: 'The ticket system is down',
  by: { kind: 'user' as const, id: 'usr_x', name: 'Olivia' },
  since: '2026-11-23T12:00:00.000Z',
};
const waitingFor = { execution: 'paused', ...pause, remedy: 'A project admin lets the execution of the environment go on.' };
const replay = (state: ReplayRecord['state'], change: Partial<ReplayRecord> = {}) =>
  sampleReplay({ state, dispatch: sampleDispatch, checks: withPendingStart(passedChecks(true)), ...change });

describe('to replay', () => {
  it('to replay - a dispatched execute says what its start waits for', () => {
    const record = replay('dispatching');
    const start = { name: 'start', outcome: 'pending', evidence: { waitingFor } };
    expect(toReplay(record, null, pause)).toMatchObject({ waitingFor });
    expect(toReplay(record, null, pause).checks.at(-1)).toEqual(start);
    expect(toVerdict(record, pause).checks.at(-1)).toEqual(start);
    expect(toReplay(record, null)).not.toHaveProperty('waitingFor');
  });

  it('to replay - so does a running one, whose start has passed', () => {
    const checks = withPendingStart(passedChecks(true)).map((check) => ({ ...check, outcome: 'passed' as const }));
    const shown = toReplay(replay('running', { checks }), null, pause);
    expect(shown).toMatchObject({ waitingFor, checks });
  });

  it.each([replay('checking'), replay('succeeded'), replay('dispatching', { mode: 'dry_run' })])(
    'to replay - a pause holds nothing else',
    (record) => {
      expect(toReplay(record, null, pause)).not.toHaveProperty('waitingFor');
      expect(toVerdict(record, pause).checks).toEqual(record.checks);
    },
  );

  it('to replay - a failure says what to do, as long as there is something to do', () => {
    const failure = { codes: ['action_failed'], detail: 'Action 3 (notify): answered 500' };
    const remedy = `${FAILURES.action_failed.remedy}.`;
    expect(toReplay(replay('failed', { failure }), null).failure).toEqual({ ...failure, remedy });
    const open = replay('indeterminate', { failure: { codes: ['stopped'] } });
    expect(toReplay(open, null).failure).toEqual({ codes: ['stopped'], remedy: `${FAILURES.action_indeterminate.remedy}.` });
    const resolution = { outcome: 'performed', reason: 'Looked', by: { kind: 'user', id: 'usr_x' }, at: EARLY } as const;
    expect(toReplay({ ...open, resolution }, null).failure).toEqual({ codes: ['stopped'] });
  });

  it('to replay - the start of an expired one says why it never came', () => {
    const expiry = { detail: 'No runner started it before its start-by.', remedy: 'Ask again.' };
    const record = replay('expired', { expiry, checks: closeChecks(withPendingStart(passedChecks(true))) });
    expect(toReplay(record, null)).toMatchObject({ expiry });
    expect(toVerdict(record).checks.at(-1)).toEqual({
      name: 'start',
      outcome: 'not_evaluated',
      evidence: { detail: expiry.detail },
    });
  });
});
