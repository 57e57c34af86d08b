import { dryRun, execute, newId, type PlanHeader, readDryRun, type Target } from '@reenact/contracts';
import { Canary } from '../canary.harness.js';
import { RunnerWorld } from '../runner.harness.js';
import { buildRunner, RunnerProcess } from '../runner-process.harness.js';

const RECORDS = 3;
const ACTIONS = [
  { kind: 'http', target: 'web', method: 'POST', path: "'/made'", body: 'value', headers: ['x-github-event'] },
  { kind: 'http', target: 'web', method: 'PUT', path: "'/put'", body: 'value' },
  { kind: 'http', target: 'web', method: 'DELETE', path: "'/gone'", body: 'value' },
  { kind: 'nats', target: 'bus', subject: "'tickets.made'", body: 'value' },
];

describe('dry-run at a canary', () => {
  let world: RunnerWorld;
  let web: Canary;
  let bus: Canary;
  let pool: RunnerProcess | undefined;
  const context = { actor: { kind: 'service' as const, id: 'gateway' }, correlationId: 'test' };

  beforeAll(async () => {
    await buildRunner();
    [world, web, bus] = await Promise.all([RunnerWorld.open(), Canary.http(), Canary.nats()]);
    const target = (name: string, kind: 'http' | 'nats', url: string): Target => ({
      ...world.answers.target,
      id: newId('target'),
      name,
      kind,
      url,
      headers: {},
    });
    world.answers.otherTargets.push(
      target('web', 'http', `http://${web.address}`),
      target('bus', 'nats', `nats://${bus.address}`),
    );
    const stages = ACTIONS.map((action, i) => ({ id: `act-${i}`, kind: 'action', from: ['webhooks'], idempotent: true, action }));
    await world.capture({ records: RECORDS, stages });
  }, 120_000);
  afterAll(async () => {
    await pool?.close();
    await world.close();
    await Promise.all([web.close(), bus.close()]);
  });

  it('dry-run - a pipeline that tries every kind of action sends no packet, where its execution does', async () => {
    pool = new RunnerProcess(world, undefined, 'dry-run');
    const command = world.dryRunCommand();
    await world.send(dryRun, command);
    const end = await world.end(command.replayId, 40_000);
    expect(end).toMatchObject({ name: 'run.succeeded', data: { actionsTotal: RECORDS * ACTIONS.length } });
    const plan = await world.readPlan(command.replayId);
    expect(new Set(plan.map(({ kind, method }) => `${kind} ${method}`)).size).toBe(ACTIONS.length);
    expect([web.connections, bus.connections]).toEqual([0, 0]);

    // The same plan, executed: the canaries would have noticed.
    const { dryRun: facts } = await world.rpc.call(readDryRun, { replayId: command.replayId }, context);
    await pool.close();
    pool = undefined;
    await world.startRunner('execute');
    const executed = world.executeCommand(command.replayId, facts?.header as PlanHeader, facts?.planDigest as string);
    await world.send(execute, executed);
    await world.end(executed.replayId, 40_000);
    expect(Math.min(web.connections, bus.connections, web.bytes, bus.bytes)).toBeGreaterThan(0);
  }, 120_000);
});
