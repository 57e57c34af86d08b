import { type Execute, newId } from '@reenact/contracts';
import { defaultPosture } from '@reenact/posture';
import { RunnerWorld, TRACEPARENT } from '../runner.harness.js';
import { unsigned } from '../signing-keys.harness.js';

describe('execute-run', () => {
  let world: RunnerWorld;

  beforeAll(async () => {
    world = await RunnerWorld.open();
    await world.startRunner('dry-run');
    await world.startRunner('execute');
  });
  afterAll(() => world.close());
  beforeEach(() => world.quiet());

  it('execute-run - performs what is undone, each once, under its key', async () => {
    const command = await world.approved({ records: 5, done: [1, 2] });
    const end = await world.perform(command);
    expect(end).toMatchObject({
      name: 'run.succeeded',
      data: { actionsDone: 3, actionsTotal: 3, planDigest: command.planDigest },
    });
    expect(world.tickets.seen.map(({ method, url, body }) => [method, url, body])).toEqual([
      ['POST', '/v1/tickets', '{"title":"Issue 3"}'],
      ['POST', '/v1/tickets', '{"title":"Issue 4"}'],
      ['POST', '/v1/tickets', '{"title":"Issue 5"}'],
    ]);
    const plan = await world.readPlan(command.replayId);
    expect(world.tickets.seen.map(({ key }) => key)).toEqual(plan.slice(2).map(({ idempotencyKey }) => idempotencyKey));
    const [{ headers }] = world.tickets.seen;
    expect(headers).toMatchObject({
      'x-github-event': 'issues',
      authorization: 'Bearer sesame',
      'content-type': 'application/json',
    });
    expect(headers).not.toHaveProperty('cookie');

    const names = world.eventsOf(command.replayId).map(({ name }) => name);
    // How far it is, is told about once a second.
    expect(names.filter((name) => name !== 'run.progressed')).toEqual([
      'run.started',
      'action.ended',
      'action.ended',
      'action.ended',
      'run.succeeded',
    ]);
    const traces = await world.query(
      `select distinct headers->>'traceparent' as trace from runner.outbox where headers->>'ce-correlationid' = $1`,
      [command.replayId],
    );
    expect(traces).toEqual([{ trace: TRACEPARENT }]);
    const items = await world.actionsOf(command.replayId);
    expect(items.map(({ state, status }) => [state, status])).toEqual([
      ['already_done', undefined],
      ['already_done', undefined],
      ['done', 201],
      ['done', 201],
      ['done', 201],
    ]);
    expect((await world.reportOf(command.replayId)).actions).toEqual({ done: 3, failed: 0, alreadyDone: 2, notStarted: 0 });
    expect(world.answers.calls.filter((call) => call === 'confirm')).toHaveLength(1);
    const order = world.answers.calls.filter((call) => ['confirm', 'resolve', 'settle', 'posture'].includes(call));
    expect(order.slice(-4)).toEqual(['resolve', 'posture', 'settle', 'posture']);
  });

  it.each<[string, (command: Execute) => Execute, string]>([
    ['without a credential', ({ credential: _credential, ...rest }) => rest as Execute, 'approval_missing'],
    [
      'with no approval at all',
      ({ credential: _credential, approvalId: _approval, ...rest }) => rest as Execute,
      'approval_missing',
    ],
    ['with a broken signature', broken, 'approval_signature_invalid'],
    ['by another requester', (command) => ({ ...command, requesterId: newId('user') }), 'approval_requester_mismatch'],
    ['for another approval', (command) => ({ ...command, approvalId: newId('approval') }), 'approval_scope_mismatch'],
    ['under another posture', (command) => ({ ...command, postureRevision: 9 }), 'posture_changed'],
    [
      'for another artifact',
      (command) => ({ ...command, artifactSha256: `sha256:${'e'.repeat(64)}` }),
      'approval_scope_mismatch',
    ],
    ['for another target', (command) => ({ ...command, targets: [{ ...command.targets[0], revision: 2 }] }), 'plan_mismatch'],
    ['after its start-by', (command) => ({ ...command, startBy: new Date(Date.now() - 1).toISOString() }), 'start_by_passed'],
  ])('execute-run - %s nothing is performed', async (_what, change, code) => {
    const command = change(await world.approved({ records: 2 }));
    const end = await world.perform(command);
    expect(end.name).toBe('run.refused');
    expect(end.data.codes).toContain(code);
    expect(world.tickets.seen).toEqual([]);
  });

  it('execute-run - without a dry run too, a target that changed since the checks is not sent to', async () => {
    const { posture } = world.answers;
    const { dryRunId: _run, planDigest: _plan, approvalId: _approval, credential: _credential, ...rest } = await world.approved();
    world.answers.posture = { ...posture, posture: defaultPosture('dev') };
    world.answers.target = { ...world.answers.target, revision: world.answers.target.revision + 1 };
    try {
      expect(await world.perform(rest)).toMatchObject({ name: 'run.refused', data: { codes: ['target_changed'] } });
    } finally {
      world.answers.posture = posture;
    }
    expect(world.tickets.seen).toEqual([]);
  });

  it.each([
    ['that the root key did not sign', () => unsigned(world.keys.set()), 'approval_signature_invalid'],
    ['that is an hour old', () => world.keys.set(new Date(Date.now() - 3_600_000)), 'approval_key_unknown'],
    ['of an hour from now', () => world.keys.set(new Date(Date.now() + 3_600_000)), 'approval_key_unknown'],
  ])('execute-run - a key set %s is not believed', async (_which, set, code) => {
    const command = await world.approved({ records: 1 });
    const { keys } = world.answers;
    world.answers.keys = set;
    try {
      expect(await world.perform(command)).toMatchObject({ name: 'run.refused', data: { codes: [code] } });
    } finally {
      world.answers.keys = keys;
    }
  });

  it('execute-run - a use that is not settled, a freeze, and silence until start-by are no start', async () => {
    const refused = await world.approved({ records: 1 });
    world.answers.settle = () => ({ settled: false, code: 'approval_revoked' });
    expect(await world.perform(refused)).toMatchObject({ name: 'run.refused', data: { codes: ['approval_revoked'] } });
    world.answers.settle = () => ({ settled: true });

    const { posture } = world.answers;
    const now = Date.now();
    const frozen = { from: new Date(now - 1_000).toISOString(), to: new Date(now + 60_000).toISOString(), reason: 'sale' };
    world.answers.posture = { ...posture, posture: { ...defaultPosture('prod'), freezes: [frozen] } };
    const cold = await world.approved({ records: 1 });
    world.answers.calls.length = 0;
    expect(await world.perform(cold)).toMatchObject({
      name: 'run.refused',
      data: { codes: ['environment_frozen'], detail: `The environment is frozen until ${frozen.to}: sale.` },
    });
    expect(world.answers.calls).not.toContain('settle');
    world.answers.posture = posture;

    const silent = await world.approved({ records: 1 }, 1_500);
    world.answers.away.add('settle');
    expect(await world.perform(silent)).toMatchObject({ name: 'run.refused', data: { codes: ['start_by_passed'] } });
    world.answers.away.delete('settle');
    expect(world.tickets.seen).toEqual([]);
  });
});

function broken(command: Execute): Execute {
  const { credential } = command;
  if (!credential) throw new Error('no credential');
  const [{ keyid, sig }] = credential.signatures;
  const bytes = Buffer.from(sig, 'base64');
  bytes[0] ^= 1;
  return { ...command, credential: { ...credential, signatures: [{ keyid, sig: bytes.toString('base64') }] } };
}
