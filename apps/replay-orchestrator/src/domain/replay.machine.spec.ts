import { REPLAY_STATES, TERMINAL_STATES } from '@reenact/contracts';
import { EARLY, LATE, passedChecks, sampleDispatch, sampleReplay } from './replay.fixture.js';
import { next, TABLE } from './replay.machine.js';
import type { ReplayRecord } from './replay.js';
import { withPendingStart } from './replay-checks.js';
import type { MessageType, ReplayMessage } from './replay-message.js';

const approvalId = sampleReplay().approvalId as string;
const checked = (change: Partial<Extract<ReplayMessage, { type: 'checked' }>> = {}): ReplayMessage => ({
  type: 'checked',
  at: EARLY,
  checks: passedChecks(true),
  codes: [],
  dispatch: sampleDispatch,
  slotFree: true,
  ...change,
});
const message = (type: MessageType, change: object = {}): ReplayMessage =>
  ({
    type,
    at: EARLY,
    attempt: 1,
    approvalId,
    slotFree: true,
    codes: ['plan_mismatch'],
    code: 'approval_used',
    ...change,
  }) as never;

const known = (state: ReplayRecord['state'], change: Partial<ReplayRecord> = {}) => {
  const started = state === 'dispatching' || state === 'running';
  const checks = started ? withPendingStart(passedChecks(true)) : passedChecks(true);
  return sampleReplay({ state, checks, dispatch: sampleDispatch, holdsSlot: started, ...change });
};
const types = (step: ReturnType<typeof next>) => ({
  state: step.replay.state,
  commands: step.commands.map(({ contract }) => contract.type),
  events: step.events.map(({ contract }) => contract.type),
});
const entered = (...states: string[]) => states.map((state) => `evt.replay-orchestrator.replay.${state}.v1`);
const BUSY = { slotFree: false, slotsTaken: 1 };
const RESERVE = 'cmd.approval.use.reserve.v1';
const RELEASE = 'cmd.approval.use.release.v1';
const EXECUTE = 'cmd.runner.run.execute.v1';
const WITHDRAW = 'cmd.runner.run.withdraw.v1';

describe('replay machine', () => {
  it.each([
    ['requested', message('taken_up'), 'checking', [], ['checking']],
    ['requested', message('taken_up', { at: LATE }), 'expired', [], ['expired']],
    ['requested', message('cancel'), 'cancelled', [], ['cancelled']],
    ['checking', message('deadline', { at: LATE }), 'expired', [], ['expired']],
    ['checking', checked(), 'reserving', [RESERVE], ['reserving']],
    ['checking', checked({ checks: passedChecks(false) }), 'dispatching', [EXECUTE], ['dispatching']],
    ['checking', checked({ checks: passedChecks(false), slotFree: false }), 'rejected', [], ['rejected']],
    ['checking', checked({ codes: ['approval_missing'] }), 'rejected', [], ['rejected']],
    ['checking', checked({ at: LATE }), 'expired', [], ['expired']],
    ['reserving', message('use_reserved'), 'dispatching', [EXECUTE], ['dispatching']],
    ['reserving', message('use_reserved', { slotFree: false }), 'rejected', [RELEASE], ['rejected']],
    ['reserving', message('use_reserved', { at: LATE }), 'expired', [RELEASE], ['expired']],
    ['reserving', message('use_refused'), 'rejected', [], ['rejected']],
    ['reserving', message('cancel'), 'cancelled', [RELEASE], ['cancelled']],
    ['reserving', message('deadline', { at: LATE }), 'expired', [RELEASE], ['expired']],
    ['dispatching', message('deadline', { at: LATE }), 'dispatching', [WITHDRAW], []],
    ['dispatching', message('cancel'), 'dispatching', [WITHDRAW], ['cancel-requested']],
    ['dispatching', message('run_started'), 'running', [], ['running']],
    ['dispatching', message('run_refused'), 'rejected', [RELEASE], ['rejected']],
    ['dispatching', message('run_withdrawn', { cause: 'cancel' }), 'cancelled', [RELEASE], ['cancelled']],
    ['dispatching', message('run_withdrawn', { cause: 'start_by' }), 'expired', [RELEASE], ['expired']],
    ['dispatching', message('run_succeeded'), 'succeeded', [], ['running', 'succeeded']],
    ['running', message('cancel'), 'running', [WITHDRAW], ['cancel-requested']],
    ['running', message('deadline', { at: LATE }), 'running', [], []],
    ['running', message('run_succeeded'), 'succeeded', [], ['succeeded']],
    ['running', message('run_failed'), 'failed', [RELEASE], ['failed']],
    ['running', message('run_cancelled'), 'cancelled', [], ['cancelled']],
    ['running', message('run_indeterminate'), 'indeterminate', [], ['indeterminate']],
    ['expired', message('use_reserved'), 'expired', [RELEASE], []],
  ] as const)('replay machine - %s on %o goes to %s', (state, on, to, commands, events) => {
    const step = next(known(state), on);
    expect(types(step)).toEqual({ state: to, commands, events: entered(...events) });
  });

  it('replay machine - ends absorb every message but a reserve that comes late and a resolution', () => {
    const all = [...new Set(TABLE.map(({ on }) => on))].filter((type) => type !== 'use_reserved' && type !== 'resolve');
    for (const state of TERMINAL_STATES) {
      for (const type of all) expect(next(known(state), type === 'checked' ? checked() : message(type)).changed).toBe(false);
    }
  });

  it('replay machine - every state is entered by some row, and every state but the ends is left', () => {
    expect(new Set(['requested', ...TABLE.flatMap(({ to }) => to)])).toEqual(new Set(REPLAY_STATES));
    const left = new Set(TABLE.filter(({ to }) => to.length > 0).flatMap(({ from }) => from));
    expect(left).toEqual(new Set(REPLAY_STATES.filter((state) => !TERMINAL_STATES.includes(state))));
  });

  it('replay machine - withdraws again when a cancel follows the start-by, not the other way round', () => {
    const late = next(known('dispatching'), message('deadline', { at: LATE })).replay;
    expect(next(late, message('deadline', { at: LATE })).changed).toBe(false);
    const cancelled = next(late, message('cancel'));
    expect(cancelled.commands.map(({ data }) => data)).toEqual([{ replayId: late.id, reason: 'cancel', mode: 'execute' }]);
    expect(next(cancelled.replay, message('deadline', { at: LATE })).changed).toBe(false);
    expect(next(cancelled.replay, message('cancel')).changed).toBe(false);
  });

  it('replay machine - ignores the answer about another approval', () => {
    expect(next(known('reserving'), message('use_reserved', { approvalId: 'apr_other' })).changed).toBe(false);
  });

  it('replay machine - ignores a run of another mode, and takes one of a journal that names none', () => {
    expect(next(known('dispatching'), message('run_succeeded', { mode: 'dry_run' })).changed).toBe(false);
    for (const mode of ['execute', undefined]) {
      expect(next(known('dispatching'), message('run_succeeded', { mode })).replay.state).toBe('succeeded');
    }
  });

  it.each([known('reserving'), known('checking')])(
    'replay machine - a start that found no slot is a check that failed',
    (replay) => {
      const on = replay.state === 'reserving' ? message('use_reserved', BUSY) : checked({ checks: passedChecks(false), ...BUSY });
      const step = next(replay, on);
      expect(step.replay.checks).toHaveLength(7);
      expect(step.replay.checks.at(-1)).toEqual({
        name: 'start',
        outcome: 'failed',
        code: 'environment_busy',
        evidence: { environmentId: replay.environmentId, slotsTaken: 1, maxConcurrentExecutes: 1 },
        at: EARLY,
      });
      expect(step.events.at(-1)?.data).toMatchObject({ codes: ['environment_busy'], checks: step.replay.checks });
    },
  );

  it('replay machine - a rejection says every code, the first one first, and what to do', () => {
    const { replay } = next(known('checking'), checked({ codes: ['dry_run_stale', 'approval_missing'] }));
    expect(replay.rejection).toEqual({
      codes: ['dry_run_stale', 'approval_missing'],
      code: 'dry_run_stale',
      detail: 'The dry run is too old. The posture requires an approval.',
      remedy: 'Run another dry run. Request approval of the dry run; another person decides.',
    });
  });

  it('replay machine - a rejection for a freeze says until when it lasts, and why', () => {
    const checks = passedChecks(false).map((check) =>
      check.name === 'posture' ? { ...check, evidence: { frozen: { to: LATE, reason: 'Launch.' } } } : check,
    );
    const { replay } = next(known('checking'), checked({ checks, codes: ['environment_frozen', 'dry_run_stale'] }));
    expect(replay.rejection?.detail).toBe(`The environment is frozen until ${LATE}: Launch. The dry run is too old.`);
  });

  it('replay machine - numbers its events without a gap and frees the slot at the end', () => {
    const step = next(known('dispatching', { version: 4 }), message('run_succeeded'));
    expect(step.events.map(({ aggregate }) => aggregate.version)).toEqual([5, 6]);
    expect(step.replay).toMatchObject({ version: 6, holdsSlot: false, startedAt: EARLY, endedAt: EARLY });
  });

  it('replay machine - refuses checks that neither passed nor name a code', () => {
    const checks = passedChecks(true).slice(1);
    expect(() => next(known('checking'), checked({ checks }))).toThrow('neither passed nor refused');
  });

  it.each(['checking', 'reserving', 'running'] as const)(
    'replay machine - a cancel in %s says who asked for it, and why',
    (state) => {
      const by = { kind: 'user', id: 'usr_x', name: 'Olivia' } as const;
      const step = next(known(state), message('cancel', { by, reason: 'Wrong selection' }));
      const cancellation = { requestedBy: by, reason: 'Wrong selection', at: EARLY };
      expect(step.replay).toMatchObject({ cancellation });
      const { replay, events } = state === 'running' ? next(step.replay, message('run_cancelled', { at: LATE })) : step;
      expect(replay).toMatchObject({ state: 'cancelled', cancellation });
      expect(events.at(-1)?.data).toMatchObject({ detail: 'Wrong selection' });
    },
  );

  it.each([
    ['checking', message('deadline', { at: LATE }), 'It could not be checked before its start-by.', 'Ask again.'],
    ['dispatching', message('run_withdrawn', { cause: 'start_by' }), 'No runner started it before its start-by.', 'Ask again.'],
    [
      'dispatching',
      message('run_withdrawn', { cause: 'start_by', held: 'Olivia paused the execution: It is down.' }),
      'No runner started it before its start-by: Olivia paused the execution: It is down.',
      'A project admin lets the execution of the environment go on; then ask again.',
    ],
  ] as const)('replay machine - what expires in %s says why', (state, on, detail, remedy) => {
    const { replay, events } = next(known(state), on);
    expect(replay).toMatchObject({ state: 'expired', expiry: { detail, remedy } });
    expect(events.at(-1)?.data).toMatchObject({ detail });
    expect(JSON.stringify(replay.checks)).not.toContain('Olivia');
  });

  it('replay machine - a run that was stopped with its environment says so, in the replay and in its event', () => {
    const detail = 'Olivia stopped the execution of the environment: The ticket system is down.';
    const { replay, events } = next(known('running'), message('run_cancelled', { detail }));
    expect(replay).toMatchObject({ state: 'cancelled', cancellation: { detail, at: EARLY } });
    expect(events.at(-1)?.data).toMatchObject({ state: 'cancelled', detail });
  });

  it('replay machine - resolves an indeterminate replay once', () => {
    const resolution = { outcome: 'performed', reason: 'Looked', by: { kind: 'user', id: 'usr_x' }, at: EARLY } as const;
    const resolved = next(known('indeterminate'), { type: 'resolve', at: EARLY, resolution });
    expect(resolved.replay).toMatchObject({ state: 'indeterminate', resolution });
    expect(resolved.events.map(({ contract }) => contract.type)).toEqual(entered('resolved'));
    expect(next(resolved.replay, { type: 'resolve', at: EARLY, resolution }).changed).toBe(false);
  });
});
