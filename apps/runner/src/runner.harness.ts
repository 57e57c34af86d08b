import { generateKeyPairSync } from 'node:crypto';
import type { NatsConnection } from '@nats-io/transport-node';
import { Controller, type DynamicModule, Module } from '@nestjs/common';
import {
  type Artifact,
  type ArtifactSource,
  type CommandContract,
  type ConfirmDispatch,
  canonicalSha256,
  confirmDispatch,
  type DryRun,
  type Execute,
  fromHeaders,
  listSigningKeys,
  newId,
  openArtifact,
  type ReadArtifact,
  type ReadVersion,
  type PinTargets,
  type PipelineVersion,
  type PlanHeader,
  type PostureRecord,
  Problem,
  pinTargets,
  type ResolveTargets,
  type RunFact,
  readPosture,
  readVersion,
  resolveTargets,
  type SettledUse,
  type SignedKeySet,
  settleUse,
  sha256,
  type Target,
} from '@reenact/contracts';
import { APPROVAL_KEY_USE, issueApprovalCredential, keyIdOf, publicKeyText, signKeySet } from '@reenact/credentials';
import { applyTopology, connectNats, MessagingModule, Outbox, Rpc, RpcClient } from '@reenact/messaging';
import { messagingTables, PersistenceModule, UnitOfWork } from '@reenact/persistence';
import { encodeJournalEntry, encodeOutcome, type PlanAction, parseSpec, specHash, writeBundle } from '@reenact/pipeline';
import { defaultPosture } from '@reenact/posture';
import { type RunningService, ServiceKitModule, startService } from '@reenact/service-kit';
import {
  eventually,
  type TestDatabase,
  type TestNats,
  type TestObjectStore,
  testDatabase,
  testNats,
  testObjectStore,
} from '@reenact/testing';
import { startRunner } from './index.js';
import type { ExecutePoolConfig, RunnerPool, RunnerPoolConfig } from './runner.config.js';
import { TicketServer } from './ticket-server.harness.js';

const DATABASE_POOL = 6;

/** What the other services would answer, as a test wants it. */
export class Answers {
  /** The evidence captured last, and the version that it ran. */
  source: ArtifactSource;
  version: PipelineVersion;
  readonly sources = new Map<string, ArtifactSource>();
  readonly versions = new Map<string, PipelineVersion>();
  posture: PostureRecord;
  target: Target;
  /** Beside the one. */
  readonly otherTargets: Target[] = [];
  keys: SignedKeySet;
  settle: () => SettledUse = () => ({ settled: true });
  /** What the orchestrator stands by, by replay. */
  readonly dispatched = new Map<string, string>();
  readonly calls: string[] = [];
  readonly away = new Set<string>();

  asked(name: string): void {
    this.calls.push(name);
    if (this.away.has(name)) throw new Problem('try_later');
  }
}

@Controller()
class Responders {
  constructor(private readonly answers: Answers) {}

  @Rpc(openArtifact)
  async open({ artifactId }: ReadArtifact): Promise<ArtifactSource> {
    this.answers.asked('open');
    const source = this.answers.sources.get(artifactId);
    if (!source) throw new Problem('not_found');
    return source;
  }

  @Rpc(readVersion)
  async version({ versionId }: ReadVersion): Promise<PipelineVersion> {
    this.answers.asked('version');
    const version = this.answers.versions.get(versionId);
    if (!version) throw new Problem('not_found');
    return version;
  }

  @Rpc(readPosture)
  async posture(): Promise<PostureRecord> {
    this.answers.asked('posture');
    return this.answers.posture;
  }

  @Rpc(pinTargets)
  async pin({ names }: PinTargets) {
    this.answers.asked('pin');
    const known = [this.answers.target, ...this.answers.otherTargets].filter(({ name }) => names.includes(name));
    return { targets: known.map(({ id, name, revision, kind }) => ({ id, name, revision, kind })) };
  }

  @Rpc(resolveTargets)
  async resolve({ targets }: ResolveTargets) {
    this.answers.asked('resolve');
    const known = [this.answers.target, ...this.answers.otherTargets].filter(({ id }) => targets.some((one) => one.id === id));
    if (known.some(({ id, revision }) => targets.some((one) => one.id === id && one.revision !== revision)))
      throw new Problem('target_changed');
    return { targets: known };
  }

  @Rpc(listSigningKeys)
  async keys(): Promise<SignedKeySet> {
    this.answers.asked('keys');
    return this.answers.keys;
  }

  @Rpc(settleUse)
  async settle(): Promise<SettledUse> {
    this.answers.asked('settle');
    return this.answers.settle();
  }

  @Rpc(confirmDispatch)
  async confirm({ replayId, commandDigest }: ConfirmDispatch) {
    this.answers.asked('confirm');
    return { confirmed: this.answers.dispatched.get(replayId) === commandDigest };
  }
}

@Module({})
class NeighboursModule {
  static register(database: { url: string }, nats: { url: string }, answers: Answers): DynamicModule {
    return {
      module: NeighboursModule,
      imports: [
        PersistenceModule.forRoot({
          service: 'replay-orchestrator',
          database,
          entities: [],
          migrations: [messagingTables('replay-orchestrator')],
        }),
        MessagingModule.forRoot({ service: 'replay-orchestrator', nats }),
        ServiceKitModule,
      ],
      controllers: [Responders],
      providers: [{ provide: Answers, useValue: answers }],
    };
  }
}

export interface SeenEvent {
  /** `run.started` */
  name: string;
  version: number;
  data: RunFact & { index?: number; state?: string; byReplay?: string };
}

export interface BundleWish {
  records?: number;
  /** Offsets whose action had succeeded. */
  done?: number[];
  idempotent?: boolean;
  /** Instead of the one that makes tickets. */
  stages?: object[];
}

/** Real NATS, PostgreSQL, files and a real target; the other services are answered by RPC responders of the test. */
export class RunnerWorld {
  readonly answers = new Answers();
  readonly events: SeenEvent[] = [];
  readonly orgId = newId('organisation');
  readonly projectId = newId('project');
  readonly environmentId = newId('environment');
  readonly requesterId = newId('user');
  private readonly root = generateKeyPairSync('ed25519');
  private readonly signing = generateKeyPairSync('ed25519');
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
    world.answers.keys = world.keySet();
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
      rootPublicKey: publicKeyText(this.root.publicKey),
      egressAllow: '127.0.0.0/8',
      answerTimeoutMs: 1_000,
    };
  }

  /** Makes the evidence, and the version that it ran. */
  async capture({ records = 5, done = [], idempotent = true, stages }: BundleWish = {}): Promise<void> {
    const spec = parseSpec({
      apiVersion: 'reenact.dev/v1',
      kind: 'Pipeline',
      name: 'issue-triage',
      model: stages ? 'lane_graph' : 'single_ring',
      input: 'webhooks',
      stages: stages ?? [
        {
          id: 'notify',
          kind: 'action',
          from: ['webhooks'],
          idempotent,
          action: { kind: 'http', target: 'triage', path: "'/tickets'", body: 'value', headers: ['x-github-event'] },
        },
      ],
    });
    const journal = Array.from({ length: records }, (_, i) =>
      encodeJournalEntry({
        offset: i + 1,
        at: '2026-11-01T12:00:00.000Z',
        headers: { 'x-github-event': 'issues', cookie: 'secret' },
        body: { title: `Issue ${i + 1}` },
      }),
    );
    const outcomes = done.map((offset) => encodeOutcome({ offset, stage: 'notify', n: 0, status: 'ok' }));
    const hash = specHash(spec);
    const agentId = newId('agent');
    const { stream } = await writeBundle(
      {
        agentId,
        environmentId: this.environmentId,
        specHash: hash,
        capturedAt: '2026-11-01T12:01:00.000Z',
        journal: { lane: 'webhooks', records, streamId: newId('incident') },
      },
      [
        { path: 'spec.json', role: 'spec', content: Buffer.from(JSON.stringify(spec)) },
        { path: 'journal.ndjson', role: 'journal', content: ndjson(journal) },
        { path: 'outcomes.ndjson', role: 'outcomes', content: ndjson(outcomes) },
      ],
    );
    const bytes = Buffer.concat(await stream.toArray());
    const digest = sha256(bytes);
    const key = `blobs/${this.orgId}/${digest.slice('sha256:'.length)}`;
    await this.objects.put(key, bytes);
    const now = new Date().toISOString();
    const artifact: Artifact = {
      id: newId('artifact'),
      type: 'incident_bundle',
      state: 'stored',
      sha256: digest,
      size: bytes.length,
      ...this.scope(),
      agentId,
      specHash: hash,
      capturedAt: now,
      receivedAt: now,
      redactions: [],
      replayable: { ok: true },
      createdAt: now,
    };
    this.answers.source = { artifact, blob: { key, size: bytes.length, sha256: digest }, streamId: newId('incident') };
    this.answers.version = {
      id: newId('version'),
      pipeline: spec.name,
      orgId: this.orgId,
      projectId: this.projectId,
      specHash: hash,
      spec,
      state: 'active',
      createdAt: now,
    };
    this.answers.sources.set(artifact.id, this.answers.source);
    this.answers.versions.set(this.answers.version.id, this.answers.version);
  }

  scope(): { orgId: string; projectId: string; environmentId: string } {
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
    const credential = issueApprovalCredential(
      {
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
      },
      { keyid: keyIdOf(this.signing.publicKey), privateKey: this.signing.privateKey },
    );
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

  /** Sends a command as the orchestrator would; `dispatched: false` is one made by hand. */
  async send<T extends { replayId: string }>(contract: CommandContract<T>, data: T, dispatched = true): Promise<string> {
    if (dispatched) this.answers.dispatched.set(data.replayId, canonicalSha256(data));
    const { app } = this.neighbours;
    await app
      .get(UnitOfWork)
      .run((tx) =>
        app
          .get(Outbox)
          .add(tx, { actor: { kind: 'service', id: 'replay-orchestrator' }, correlationId: data.replayId }, [
            { contract, data, ...this.scope(), aggregate: { id: data.replayId, version: 1 } },
          ]),
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

  async readPlan(replayId: string): Promise<PlanAction[]> {
    const bytes = Buffer.concat(await (await this.objects.read(`runs/${replayId}/plan.ndjson`)).toArray());
    return bytes
      .toString()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as PlanAction);
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

  private keySet(): SignedKeySet {
    const { publicKey } = this.signing;
    return signKeySet(
      [
        {
          kid: keyIdOf(publicKey),
          use: APPROVAL_KEY_USE,
          alg: 'Ed25519',
          publicKey: publicKeyText(publicKey),
          status: 'active',
          notBefore: '2026-01-01T00:00:00.000Z',
        },
      ],
      new Date().toISOString(),
      { keyid: keyIdOf(this.root.publicKey), privateKey: this.root.privateKey },
    );
  }

  private listen(): void {
    this.nc.subscribe('evt.runner.>', {
      callback: (_error, message) => {
        const envelope = fromHeaders<SeenEvent['data']>((name) => message.headers?.get(name) || undefined, message.json());
        const [, , noun, fact] = envelope.type.split('.');
        this.events.push({ name: `${noun}.${fact}`, version: envelope.aggregate.version, data: envelope.data });
      },
    });
  }
}

function ndjson(lines: string[]): Buffer {
  return Buffer.from(lines.map((line) => `${line}\n`).join(''));
}
