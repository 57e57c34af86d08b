import { jetstream } from '@nats-io/jetstream';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import {
  type ApprovalFacts,
  type Artifact,
  type CallContext,
  checkApproval,
  type DryRunFacts,
  type Envelope,
  type EventContract,
  newId,
  newUuid,
  openArtifact,
  Problem,
  type PipelineVersion,
  pinTargets,
  type ReplayFacts,
  type Replay,
  type ReplayState,
  readCredential,
  readDryRun,
  readReplay,
  readReplayFacts,
  type RpcContract,
  toHeaders,
} from '@reenact/contracts';
import { applyTopology, connectNats, RpcClient } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { defaultPosture } from '@reenact/posture';
import type { RunningService } from '@reenact/service-kit';
import {
  answering,
  eventually,
  type TestDatabase,
  type TestNats,
  type TestResponder,
  testDatabase,
  testNats,
  testResponder,
} from '@reenact/testing';
import { startReplayOrchestrator } from './start-replay-orchestrator.js';

export const hash = (digit: string): string => `sha256:${digit.repeat(64)}`;

/** The services beside the orchestrator, as a test wants them to answer. */
export class Neighbours {
  readonly orgId = newId('organisation');
  readonly projectId = newId('project');
  readonly user = newId('user');
  readonly approvalId = newId('approval');
  readonly agentId = newId('agent');
  readonly target = { id: newId('target'), name: 'triage', revision: 1 };
  readonly version: PipelineVersion;
  readonly posture = defaultPosture('prod');
  readonly artifacts = new Map<string, Artifact>();
  readonly dryRuns = new Map<string, DryRunFacts>();
  approval: ApprovalFacts['codes'] = [];
  agentState: ReplayFacts['agentState'] = 'active';
  versionKnown = true;
  /** Artifacts whose approvals name what no database keeps. */
  readonly poisoned = new Set<string>();
  /** Subjects that give no answer. */
  readonly away = new Set<string>();

  constructor() {
    this.version = {
      id: newId('version'),
      pipeline: 'issue-triage',
      orgId: this.orgId,
      projectId: this.projectId,
      specHash: hash('b'),
      spec: {
        apiVersion: 'reenact.dev/v1',
        kind: 'Pipeline',
        name: 'issue-triage',
        model: 'single_ring',
        input: 'webhooks',
        stages: [{ id: 'notify', kind: 'action', from: ['webhooks'], action: { kind: 'http', target: 'triage', path: "'/t'" } }],
      },
      state: 'active',
      createdAt: new Date().toISOString(),
    };
  }

  /** An artifact in an environment of its own, so that tests do not share slots. */
  artifact(environmentId = newId('environment')): Artifact {
    const at = new Date().toISOString();
    const artifact: Artifact = {
      id: newId('artifact'),
      type: 'incident_bundle',
      state: 'stored',
      sha256: hash('a'),
      size: 10,
      orgId: this.orgId,
      projectId: this.projectId,
      agentId: this.agentId,
      environmentId,
      specHash: hash('b'),
      capturedAt: at,
      receivedAt: at,
      redactions: [],
      replayable: { ok: true },
      createdAt: at,
    };
    this.artifacts.set(artifact.id, artifact);
    return artifact;
  }

  /** What the runner keeps of a dry run of this artifact. */
  dryRun({ id: artifactId, environmentId }: Artifact, replayId = newId('replay')): string {
    this.dryRuns.set(replayId, {
      replayId,
      orgId: this.orgId,
      projectId: this.projectId,
      environmentId,
      artifactId,
      artifactSha256: hash('a'),
      state: 'succeeded',
      planDigest: hash('c'),
      header: {
        v: 1,
        engine: 1,
        artifactSha256: hash('a'),
        specHash: hash('b'),
        runSpecHash: hash('b'),
        environmentId,
        selection: {},
        include: 'undone',
        again: false,
        targets: [this.target],
        capabilities: ['http:triage'],
        records: 10,
        actions: 4,
        alreadyDone: 6,
        actionsRoot: hash('d'),
      },
      endedAt: new Date().toISOString(),
    });
    return replayId;
  }

  answer(natsUrl: string): Promise<TestResponder> {
    const here = <Q extends object, A>(contract: RpcContract<Q, A>, answer: (request: Q) => A) =>
      answering(contract, (request) => {
        if (this.away.has(contract.subject)) throw new Problem('try_later');
        return answer(request);
      });
    return testResponder(natsUrl, [
      here(openArtifact, ({ artifactId }) => {
        const artifact = this.artifacts.get(artifactId);
        if (!artifact) throw new Problem('not_found');
        return { artifact, blob: { key: 'k', size: 10, sha256: hash('a') }, streamId: 's' };
      }),
      here(readDryRun, ({ replayId }) => ({ dryRun: this.dryRuns.get(replayId) ?? null })),
      here(readReplayFacts, ({ environmentId }) => this.facts(environmentId)),
      here(pinTargets, () => ({ targets: [{ ...this.target, kind: 'http' as const }] })),
      here(checkApproval, ({ approvalId, artifactId, postureRevision }) => ({
        approval:
          approvalId === this.approvalId
            ? ({
                id: approvalId,
                state: 'approved',
                postureRevision,
                decisions: this.poisoned.has(artifactId ?? '') ? [{ by: { id: '\0' } }] : [],
              } as never)
            : null,
        codes: approvalId === this.approvalId ? this.approval : ['approval_missing' as const],
      })),
      here(readCredential, () => ({ envelope: { payloadType: 't', payload: 'cGF5bG9hZA==', signatures: [] } })),
    ]);
  }

  private facts(environmentId: string): ReplayFacts {
    const at = new Date().toISOString();
    return {
      environment: {
        id: environmentId,
        slug: 'prod',
        name: 'prod',
        orgId: this.orgId,
        projectId: this.projectId,
        tier: 'prod',
        postureRevision: 7,
        state: 'active',
        createdAt: at,
      },
      agentState: this.agentState,
      posture: { environmentId, revision: 7, posture: this.posture, changedAt: at },
      recordedVersion: this.versionKnown ? this.version : null,
      otherVersion: null,
      targets: [this.target],
    };
  }
}

export interface Harness {
  neighbours: Neighbours;
  nats: TestNats;
  work: UnitOfWork;
  replicas: RunningService[];
  start(): Promise<RunningService>;
  call<Q extends object, A>(contract: RpcContract<Q, A>, request: Q, by?: string): Promise<A>;
  /** Waits until the replay is in that state. */
  reaches(replayId: string, state: ReplayState): Promise<Replay>;
  /** The types of what was said about a replay, in order. */
  said(replayId: string, prefix: 'cmd' | 'evt'): Promise<string[]>;
  /** The data of the newest command of that type. */
  commandOf<T>(replayId: string, type: string): Promise<T>;
  /** An event of another service. */
  tell<T extends object>(
    contract: EventContract<T>,
    data: T & { replayId: string },
    version?: number,
    id?: string,
  ): Promise<void>;
  close(): Promise<void>;
}

export async function orchestratorHarness(count: number): Promise<Harness> {
  const neighbours = new Neighbours();
  const [nats, database]: [TestNats, TestDatabase] = await Promise.all([testNats(), testDatabase()]);
  const nc: NatsConnection = await connectNats('test', nats.url);
  await applyTopology(nc);
  const responder = await neighbours.answer(nats.url);
  const replicas: RunningService[] = [];
  const start = async () => {
    const replica = await startReplayOrchestrator({
      host: '127.0.0.1',
      port: 0,
      nats: { url: nats.url },
      database: { url: database.url, poolSize: 5 },
      logLevel: process.env.REENACT_TEST_LOG ? 'debug' : 'silent',
    });
    replicas.push(replica);
    return replica;
  };
  for (let n = 0; n < count; n += 1) await start();
  const rpc = replicas[0].app.get(RpcClient);
  const work = replicas[0].app.get(UnitOfWork);
  const as = (id: string): CallContext => ({ actor: { kind: 'user', id }, correlationId: 'test' });
  const call: Harness['call'] = (contract, request, by = neighbours.user) => rpc.call(contract, request, as(by));
  return {
    neighbours,
    nats,
    work,
    replicas,
    start,
    call,
    reaches: (replayId, state) =>
      eventually(async () => {
        const replay = await call(readReplay, { replayId });
        expect({ state: replay.state, codes: replay.rejection?.codes }).toMatchObject({ state });
        return replay;
      }),
    async said(replayId, prefix) {
      const rows = await work.query<{ type: string }>(
        `select headers->>'ce-type' as type from replay_orchestrator.outbox
         where headers->>'ce-correlationid' = $1 and subject like $2 order by position`,
        [replayId, `${prefix}.%`],
      );
      return rows.map(({ type }) => type.split('.').slice(2, -1).join('.'));
    },
    async commandOf(replayId, type) {
      const [row] = await work.query<{ payload: string }>(
        `select payload from replay_orchestrator.outbox where headers->>'ce-correlationid' = $1 and subject = $2 order by position desc`,
        [replayId, type],
      );
      return JSON.parse(row.payload);
    },
    async tell(contract, data, version = 1, id = newUuid()) {
      const envelope: Envelope = {
        id,
        type: contract.type,
        source: contract.service,
        time: new Date().toISOString(),
        orgId: neighbours.orgId,
        projectId: neighbours.projectId,
        aggregate: { kind: contract.aggregate, id: data.replayId, version },
        actor: { kind: 'service', id: contract.service },
        correlationId: data.replayId,
        data,
      };
      const carried = headers();
      for (const [name, value] of Object.entries(toHeaders(envelope))) carried.set(name, value);
      await jetstream(nc).publish(`${contract.type}.${neighbours.orgId}`, JSON.stringify(data), { headers: carried });
    },
    async close() {
      await Promise.all(replicas.map((replica) => replica.stop()));
      await responder.close();
      await nc.close();
      await Promise.all([nats.close(), database.drop()]);
    },
  };
}
