import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  type AgentReading,
  type Artifact,
  type ArtifactLimits,
  canonicalSha256,
  enrolAgent,
  type IssueKey,
  issueKey,
  KEY_SCOPES,
  type KeyScope,
  type KeyUse,
  listSigningKeys,
  newId,
  newUuid,
  Problem,
  type ProblemCode,
  locateResource,
  recordKeyUses,
  recordReadings,
  resolvePath,
  revokeKey,
  type VerifiedKey,
  verifyEnrolment,
  verifyKeys,
} from '@reenact/contracts';
import { generateSecret, secretHash } from '@reenact/credentials';
import type { ObjectStoreConfig } from '@reenact/object-store';
import { UnitOfWork } from '@reenact/persistence';
import { type ArchiveLimits, type BundleEntry, type BundleManifest, encodeJournalEntry, writeBundle } from '@reenact/pipeline';
import type { HttpPatience } from '@reenact/service-kit';
import { answering, temporaryDirectory, testCaller, testDatabase, testNats, testResponder } from '@reenact/testing';
import type { Capacity } from './domain/capacity.js';
import { DEFAULT_LIMITS, type IngestLimits } from './domain/limits.js';
import type { UploadPatience } from './domain/upload-patience.js';
import { startIngest } from './index.js';

export interface TestAgent {
  id: string;
  key: string;
  keyId: string;
  orgId: string;
  projectId: string;
  environmentId: string;
}

export interface Answer {
  status: number;
  headers: Headers;
  body: AnswerBody;
}

/** The members that tests look at, of all the kinds of answers. */
interface AnswerBody {
  code: string;
  errors: { path: string; message: string }[];
  reason: string;
  max: number;
  field: string;
  artifact: Artifact;
  deduplicated: boolean;
  agentId: string;
  policy: string;
  apiKey: string;
  rates: { heartbeatsPerMinute: number };
  limits: { artifact: ArchiveLimits };
}

export type Harness = Awaited<ReturnType<typeof startHarness>>;

/** A real ingest over a real broker, database and store; the catalog and approval are answered by the test. */
export async function startHarness(
  limits: IngestLimits = DEFAULT_LIMITS,
  store?: ObjectStoreConfig,
  patience?: UploadPatience,
  capacity?: Capacity,
  http?: HttpPatience,
) {
  const [database, nats, objects] = [await testDatabase(), await testNats(), temporaryDirectory('ingest')];
  const keys = new Map<string, VerifiedKey>();
  const agents = new Map<string, TestAgent>();
  const readings: AgentReading[] = [];
  const keyUses: KeyUse[] = [];
  const keysAsked: IssueKey[] = [];
  const enrolments = new Set<string>();
  const asked = { verify: 0 };
  let artifactLimits: ArtifactLimits | undefined;
  let enrolmentRefusal: ProblemCode | undefined;
  const place = { orgId: newId('organisation'), projectId: newId('project'), environmentId: newId('environment') };

  const addKey = (agent: Omit<TestAgent, 'key' | 'keyId'>, scopes: readonly KeyScope[] = KEY_SCOPES) => {
    const keyId = newId('key');
    const key = generateSecret('agent_key', keyId, randomBytes(32));
    const { id: agentId, orgId, projectId, environmentId } = agent;
    const verified: VerifiedKey = {
      keyHash: secretHash(key),
      outcome: 'valid',
      keyId,
      agentId,
      orgId,
      projectId,
      environmentId,
      scopes: [...scopes],
      ...(artifactLimits && { artifactLimits }),
    };
    keys.set(verified.keyHash, verified);
    return { key, keyId };
  };
  const addAgent = (scopes?: readonly KeyScope[]): TestAgent => {
    const agent = { id: newId('agent'), ...place };
    const made = { ...agent, ...addKey(agent, scopes) };
    agents.set(made.id, made);
    return made;
  };
  const catalog = [
    answering(verifyKeys, ({ keyHashes }) => {
      asked.verify += 1;
      return { keys: keyHashes.map((keyHash) => keys.get(keyHash) ?? { keyHash, outcome: 'unknown' as const }) };
    }),
    answering(locateResource.catalog, ({ id }) => {
      const agent = agents.get(id);
      if (!agent && !enrolments.has(id)) return { scope: null };
      const { orgId, projectId, environmentId } = agent ?? place;
      return { scope: { id, orgId, projectId, environmentId } };
    }),
    answering(recordReadings, ({ readings: some }) => {
      readings.push(...some);
      return { recorded: some.length };
    }),
    answering(recordKeyUses, ({ uses }) => {
      keyUses.push(...uses);
      return { recorded: uses.length };
    }),
    answering(resolvePath, ({ organisation, project, environment }) =>
      organisation === 'acme' && project === 'webhooks' && environment === 'prod' ? place : {},
    ),
    answering(verifyEnrolment, () => {
      if (enrolmentRefusal) throw new Problem(enrolmentRefusal);
      return { environmentId: place.environmentId };
    }),
    answering(enrolAgent, ({ environmentId }) => {
      if (enrolmentRefusal) throw new Problem(enrolmentRefusal);
      const agent = addAgent();
      return { agentId: agent.id, apiKey: agent.key, environmentId, ...(artifactLimits && { artifactLimits }) };
    }),
    answering(issueKey, (request) => {
      keysAsked.push(request);
      const { agentId, scopes } = request;
      const { key, keyId } = addKey(agents.get(agentId) as TestAgent, scopes);
      return { key: { id: keyId, scopes: scopes ?? [], createdAt: '2026-01-01T00:00:00.000Z' }, apiKey: key };
    }),
    answering(revokeKey, ({ agentId, keyId }) => {
      const key = [...keys.values()].find((each) => each.keyId === keyId && each.agentId === agentId);
      if (!key) throw new Problem('not_found');
      key.outcome = 'revoked';
      return { id: keyId, scopes: [], createdAt: '2026-01-01T00:00:00.000Z' };
    }),
    answering(listSigningKeys, () => ({ keys: [], envelope: { payloadType: 't', payload: '', signatures: [] } })),
  ];
  let responder = await testResponder(nats.url, catalog);
  const objectStore = store ?? ({ kind: 'file', directory: objects.path } as const);
  const config = {
    host: '127.0.0.1',
    port: 0,
    nats: { url: nats.url },
    database: { url: database.url },
    logLevel: 'silent',
  } as const;
  const replica = () => startIngest({ ...config, objectStore, limits, patience, capacity, http });
  const service = await replica();
  const caller = testCaller(nats.url);
  const work = service.app.get(UnitOfWork);

  const send = async (method: string, path: string, init: RequestInit = {}): Promise<Answer> => {
    const answer = await fetch(new URL(path, service.url), { method, ...init });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: (text ? JSON.parse(text) : {}) as AnswerBody };
  };
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

  return {
    url: service.url,
    app: service.app,
    place,
    asked,
    keys,
    readings,
    keyUses,
    keysAsked,
    directory: objects.path,
    databaseUrl: database.url,
    nats,
    /** A further ingest over the same broker, database and store; whoever starts it stops it. */
    replica,
    addAgent,
    addKey,
    /** What the catalog answers to enrolments; undefined: an agent. */
    refuseEnrolments: (code: ProblemCode | undefined) => {
      enrolmentRefusal = code;
    },
    /** What the catalog says of the environment, from now on. */
    limitArtifacts: (limits: ArtifactLimits | undefined) => {
      artifactLimits = limits;
    },
    /** A token of the place. */
    enrolmentToken: () => {
      const id = newId('enrolment');
      enrolments.add(id);
      return generateSecret('enrolment_token', id, randomBytes(32));
    },
    send,
    bearer,
    rows: <T>(sql: string, params?: unknown[]) => work.query<T>(sql, params),
    call: caller.call,
    post: (path: string, key: string, body: unknown) =>
      send('POST', path, { headers: { ...bearer(key), 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    get: (path: string, key: string) => send('GET', path, { headers: bearer(key) }),
    /** To that replica, or to the harness's own. */
    upload: (agent: TestAgent, bytes: Uint8Array, fields: Record<string, string> = {}, url = service.url) => {
      const form = new FormData();
      for (const [name, value] of Object.entries({ type: 'incident_bundle', capturedAt: CAPTURED_AT, ...fields }))
        form.set(name, value);
      form.set('file', new Blob([bytes as Uint8Array<ArrayBuffer>]), 'bundle');
      return send('POST', `${url}/api/v1/agents/${agent.id}/artifacts`, { headers: bearer(agent.key), body: form });
    },
    /** Everything that is stored: objects (staged ones too), blobs and records. */
    async inventory() {
      const files = (await readdir(objects.path, { recursive: true, withFileTypes: true })).filter((each) => each.isFile());
      const [{ blobs, artifacts }] = await work.query<{ blobs: number; artifacts: number }>(
        'select (select count(*) from ingest.blob) as blobs, (select count(*) from ingest.artifact) as artifacts',
      );
      return { files: files.map((each) => join(each.parentPath, each.name)).sort(), blobs, artifacts };
    },
    said: (type: string) =>
      work.query<{ headers: Record<string, string>; data: Record<string, unknown> }>(
        `select headers, payload::jsonb as data from ingest.outbox where headers ->> 'ce-type' = $1 order by position`,
        [type],
      ),
    stopCatalog: () => responder.close(),
    startCatalog: async () => {
      responder = await testResponder(nats.url, catalog);
    },
    async stop() {
      await caller.close();
      await service.stop();
      await responder.close();
      await Promise.all([database.drop(), nats.close()]);
      objects.remove();
    },
  };
}

export const CAPTURED_AT = '2026-11-23T12:00:00.000Z';

export const SPEC = {
  apiVersion: 'reenact.dev/v1',
  kind: 'Pipeline',
  name: 'issue-triage',
  model: 'lane_graph',
  input: 'webhooks',
  stages: [
    { id: 'opened', kind: 'filter', from: ['webhooks'], to: 'opened', when: "body.action == 'opened'" },
    { id: 'ticket', kind: 'map', from: ['opened'], to: 'tickets', value: { title: 'body.title' } },
    {
      id: 'notify',
      kind: 'action',
      from: ['tickets'],
      idempotent: true,
      action: { kind: 'http', target: 'triage', method: 'POST', path: "'/tickets'", body: 'value' },
    },
  ],
};

/** A bundle as the agent would capture it, as a tar, a common gzip or a blocked one. `filler` makes bundles differ. */
export async function bundleOf(
  agent: TestAgent,
  options: {
    records?: number;
    filler?: string;
    gzip?: boolean | 'blocked';
    head?: Partial<BundleManifest>;
    body?: string;
    last?: string;
  } = {},
): Promise<Buffer> {
  const { records = 3, filler = newUuid(), gzip = true, head = {}, body = '', last } = options;
  const lines = Array.from({ length: records }, (_, n) =>
    encodeJournalEntry({ offset: n * 2, at: CAPTURED_AT, body: { action: 'opened', title: `${n} ${filler}`, body } }),
  );
  const entries: BundleEntry[] = [
    { path: 'spec.json', role: 'spec', content: Buffer.from(JSON.stringify(SPEC)) },
    { path: 'journal.ndjson', role: 'journal', content: Buffer.from(`${lines.join('\n')}\n`) },
    ...(last === undefined ? [] : [{ path: 'last.txt', role: 'log' as const, content: Buffer.from(last) }]),
  ];
  const manifest = {
    agentId: agent.id,
    environmentId: agent.environmentId,
    specHash: canonicalSha256(SPEC),
    capturedAt: CAPTURED_AT,
    incident: { title: 'Tickets are not made', severity: 'high' as const, fingerprint: 'ticket-server-503' },
    journal: { lane: 'webhooks', records },
    ...head,
  };
  const { stream } = await writeBundle(manifest, entries, { gzip: gzip === 'blocked' });
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  return gzip === true ? gzipSync(bytes) : bytes;
}
