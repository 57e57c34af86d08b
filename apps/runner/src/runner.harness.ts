import type { NatsConnection } from '@nats-io/transport-node';
import {
  type ActionRecord,
  canonicalSha256,
  type DryRun,
  dryRun,
  type Execute,
  execute,
  fromHeaders,
  listActions,
  type MessageContract,
  newId,
  type PlanHeader,
  type RunFact,
  referReport,
} from '@reenact/contracts';
import { applyTopology, connectNats, Outbox, RpcClient } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import type { PlanAction, ReplayReport } from '@reenact/pipeline';
import { defaultPosture } from '@reenact/posture';
import { type RunningService, startService } from '@reenact/service-kit';
import {
  eventually,
  type TestDatabase,
  type TestNats,
  type TestObjectStore,
  testDatabase,
  testNats,
  testObjectStore,
} from '@reenact/testing';
import { type BundleWish, captureEvidence, type Scope } from './captured-evidence.harness.js';
import { startRunner } from './index.js';
import { Answers, NeighboursModule } from './neighbours.harness.js';
import { StoredPlan } from './read-run/stored-plan.js';
import type { ExecutePoolConfig, RunnerPool, RunnerPoolConfig } from './runner.config.js';
import { SigningKeys } from './signing-keys.harness.js';
import { TicketServer } from './ticket-server.harness.js';

export type { BundleWish };

const DATABASE_POOL = 6;

/** In whose name tests ask. */
export const CONTEXT = { actor: { kind: 'service' as const, id: 'gateway' }, correlationId: 'test' };

/** Of every command that is sent. */
export const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

export interface SeenEvent {
  /** `run.started` */
  name: string;
  version: number;
  data: RunFact & { index?: number; state?: string; byReplay?: string };
}

/** Real NATS, PostgreSQL, files and a real target; the other services are answered by RPC responders of the test. */
export class RunnerWorld {
  readonly answers = new Answers();
  readonly events: SeenEvent[] = [];
  private readonly heard = new Set<string>();
  readonly orgId = newId('organisation');
  readonly projectId = newId('project');
  /** A test may go on in another one. */
  environmentId = newId('environment');
  readonly requesterId = newId('user');
  readonly keys = new SigningKeys();
  private readonly runners: RunningService[] = [];

  private constructor(
    readonly nats: TestNats,
    readonly database: TestDatabase,
    readonly objects: TestObjectStore,
    readonly tickets: TicketServer,
    private readonly nc: NatsConnection,
  ) {}

  private neighbours: RunningService;

  static async open(): Promise<RunnerWorld> {
    const [nats, database, objects] = await Promise.all([testNats(), testDatabase(), testObjectStore()]);
    const nc = await connectNats('test', nats.url);
    await applyTopology(nc);
    const world = new RunnerWorld(nats, database, objects, new TicketServer(), nc);
    world.listen();
    world.neighbours = await startService({
      name: 'replay-orchestrator',
      module: NeighboursModule.register({ url: database.url }, { url: nats.url }, world.answers),
      config: world.config(),
    });
    const url = await world.tickets.listen();
    world.answers.target = {
      id: newId('target'),
      environmentId: world.environmentId,
      orgId: world.orgId,
      projectId: world.projectId,
      name: 'triage',
      kind: 'http',
      url,
      headers: { authorization: { value: 'Bearer sesame' } },
      revision: 1,
      createdAt: new Date().toISOString(),
    };
    world.answers.posture = {
      environmentId: world.environmentId,
      revision: 3,
      posture: defaultPosture('prod'),
      changedAt: new Date().toISOString(),
    };
    world.answers.keys = () => world.keys.set();
    await world.capture();
    return world;
  }

  async close(): Promise<void> {
    for (const runner of this.runners.splice(0)) await runner.stop();
    await this.neighbours.stop();
    await this.nc.close();
    await this.tickets.close();
    await Promise.all([this.nats.close(), this.database.drop(), this.objects.cleanup()]);
  }

  async startRunner(pool: RunnerPool, more: Partial<ExecutePoolConfig> = {}): Promise<RunningService> {
    const config: ExecutePoolConfig = { ...this.executeConfig(), ...more };
    const runner = await startRunner(pool === 'execute' ? { pool, ...config } : { pool, ...config });
    this.runners.push(runner);
    return runner;
  }

  async stopRunners(): Promise<void> {
    for (const runner of this.runners.splice(0)) await runner.stop();
  }

  executeConfig(): ExecutePoolConfig {
    return {
      ...this.config(),
      objects: { kind: 'file', directory: this.objects.directory },
      leaseMs: 2_000,
      rootPublicKey: this.keys.rootPublicKey,
      egressAllow: '127.0.0.0/8',
      answerTimeoutMs: 1_000,
    };
  }

  /** Makes the evidence, and the version that it ran. */
  async capture(wish: BundleWish = {}): Promise<void> {
    const { bytes, source, version } = await captureEvidence(this.scope(), wish);
    await this.objects.put(source.blob.key, bytes);
    this.answers.source = source;
    this.answers.version = version;
    this.answers.sources.set(source.artifact.id, source);
    this.answers.versions.set(version.id, version);
  }

  scope(): Scope {
    return { orgId: this.orgId, projectId: this.projectId, environmentId: this.environmentId };
  }

  dryRunCommand(): DryRun {
    const { artifact } = this.answers.source;
    const { id, specHash: hash, pipeline } = this.answers.version;
    return {
      replayId: newId('replay'),
      artifactId: artifact.id,
      artifactSha256: artifact.sha256,
      recordedVersionId: id,
      specHash: hash,
      runVersionId: id,
      runSpecHash: hash,
      pipeline,
      selection: {},
      include: 'undone',
      again: false,
    };
  }

  /** An execute command with the credential that approves a plan. */
  executeCommand(dryRunId: string, header: PlanHeader, planDigest: string, startInMs = 30_000): Execute {
    const approvalId = newId('approval');
    const now = Date.now();
    const credential = this.keys.issue({
      v: 1,
      approvalId,
      action: 'replay_execute',
      ...this.scope(),
      environmentPosture: 'prod',
      postureRevision: this.answers.posture.revision,
      artifactSha256: header.artifactSha256,
      specHash: header.specHash,
      runSpecHash: header.runSpecHash,
      planDigest,
      capabilities: header.capabilities,
      requestedBy: this.requesterId,
      approvedBy: [newId('user')],
      notBefore: new Date(now - 1_000).toISOString(),
      issuedAt: new Date(now - 1_000).toISOString(),
      expiresAt: new Date(now + 60_000).toISOString(),
      issuedBy: 'approval',
    });
    return {
      ...this.dryRunCommand(),
      dryRunId,
      planDigest,
      targets: header.targets,
      postureRevision: this.answers.posture.revision,
      requesterId: this.requesterId,
      approvalId,
      credential,
      startBy: new Date(now + startInMs).toISOString(),
    };
  }

  /** Captures, dry-runs, and answers the command that executes what came of it. */
  async approved(wish: BundleWish = {}, startInMs?: number): Promise<Execute> {
    await this.capture(wish);
    const replayId = await this.send(dryRun, this.dryRunCommand());
    const { name, data } = await this.end(replayId);
    if (name !== 'run.succeeded') throw new Error(`the dry run ended ${name}: ${data.codes}`);
    return this.approvedAgain(replayId, startInMs);
  }

  /** Another command that executes the plan of a run. */
  async approvedAgain(replayId: string, startInMs?: number): Promise<Execute> {
    const [row] = await this.query<{ header: PlanHeader; plan_digest: string; dry_run: string | null }>(
      `select header, plan_digest, command->>'dryRunId' as dry_run from runner.run where replay_id = $1`,
      [replayId],
    );
    return this.executeCommand(row.dry_run ?? replayId, row.header, row.plan_digest, startInMs);
  }

  /** Sends an execute command and answers the run's end. */
  async perform(command: Execute): Promise<SeenEvent> {
    await this.send(execute, command);
    return this.end(command.replayId);
  }

  async actionsOf(replayId: string): Promise<ActionRecord[]> {
    return (await this.rpc.call(listActions, { replayId }, CONTEXT)).items;
  }

  /** As it was before the first test, but for what is in database and object store. */
  quiet(): void {
    this.tickets.seen.length = 0;
    this.tickets.answer = () => 201;
    this.answers.calls.length = 0;
    this.answers.settle = () => ({ settled: true });
  }

  /** Sends a command, or an event, as the orchestrator would; one that is made by hand may be for any place. */
  async send<T extends { replayId: string }>(
    contract: MessageContract<T>,
    data: T,
    { dispatched = true, scope = this.scope() }: { dispatched?: boolean; scope?: Partial<Scope> & { orgId: string } } = {},
  ): Promise<string> {
    if (dispatched && contract.type === execute.type) {
      const digests = { commandDigest: canonicalSha256(data), scopeDigest: canonicalSha256(scope) };
      this.answers.dispatched.set(data.replayId, digests);
    }
    const { app } = this.neighbours;
    await app
      .get(UnitOfWork)
      .run((tx) =>
        app
          .get(Outbox)
          .add(
            tx,
            { actor: { kind: 'service', id: 'replay-orchestrator' }, correlationId: data.replayId, traceparent: TRACEPARENT },
            [{ contract, data, ...scope, aggregate: { id: data.replayId, version: 1 } }],
          ),
      );
    return data.replayId;
  }

  get rpc(): RpcClient {
    return this.neighbours.app.get(RpcClient);
  }

  /** Rows of the database, whoever owns them. */
  query<T>(sql: string, params?: unknown[]): Promise<T[]> {
    return this.neighbours.app.get(UnitOfWork).query<T>(sql, params);
  }

  eventsOf(replayId: string): SeenEvent[] {
    return this.events.filter(({ data }) => data.replayId === replayId);
  }

  /** The event that ends the run, once it is there. */
  async end(replayId: string, timeoutMs = 20_000): Promise<SeenEvent> {
    return eventually(
      () => {
        const ends = this.eventsOf(replayId).filter(({ name }) =>
          /^run\.(succeeded|failed|refused|withdrawn|cancelled|indeterminate)$/.test(name),
        );
        if (ends.length === 0) throw new Error(`no end yet: ${this.eventsOf(replayId).map(({ name }) => name)}`);
        return ends[0];
      },
      { timeoutMs },
    );
  }

  async reportOf(replayId: string): Promise<ReplayReport> {
    const { key, range } = await this.rpc.call(referReport, { replayId }, CONTEXT);
    return JSON.parse(Buffer.concat(await (await this.objects.read(key, range)).toArray()).toString());
  }

  async readPlan(replayId: string): Promise<PlanAction[]> {
    return new StoredPlan(this.objects).actions(replayId, 0, 1_000);
  }

  private config(): RunnerPoolConfig {
    return {
      host: '127.0.0.1',
      port: 0,
      nats: { url: this.nats.url },
      database: { url: this.database.url, poolSize: DATABASE_POOL },
      logLevel: process.env.REENACT_TEST_LOG ? 'debug' : 'silent',
      objects: { kind: 'file', directory: this.objects.directory },
    };
  }

  private listen(): void {
    this.nc.subscribe('evt.runner.>', {
      callback: (_error, message) => {
        const envelope = fromHeaders<SeenEvent['data']>((name) => message.headers?.get(name) || undefined, message.json());
        // A relay that died between publishing and noting it publishes again: the same message, as every consumer takes it.
        if (this.heard.has(envelope.id)) return;
        this.heard.add(envelope.id);
        const [, , noun, fact] = envelope.type.split('.');
        this.events.push({ name: `${noun}.${fact}`, version: envelope.aggregate.version, data: envelope.data });
      },
    });
  }
}
