import {
  createEnvironment,
  createOrganisation,
  createProject,
  issueEnrolmentToken,
  newId,
  newUuid,
  readAgent,
  setAgentState,
} from '@reenact/contracts';
import {
  eventually,
  temporaryDirectory,
  type TestCaller,
  testCaller,
  type TestDatabase,
  testDatabase,
  type TestNats,
  testNats,
} from '@reenact/testing';
import { watchOver } from './harness/processes.js';
import { ServiceProcess } from './harness/service-process.js';
import { bareEnvironment } from './harness/workspace.js';

/** What every replica keeps to, whether it heard of the revocation or not. */
const REVOKED_WITHIN_MS = 1_000;

/** The catalog and two replicas of ingest, as they ship. */
class Parts {
  readonly home = temporaryDirectory('e2e-revocation');
  private readonly watch = watchOver(this.home.path);
  private catalog?: ServiceProcess;
  private readonly replicas: ServiceProcess[] = [];

  private constructor(
    readonly nats: TestNats,
    private readonly database: TestDatabase,
    readonly caller: TestCaller,
  ) {}

  static async start(): Promise<Parts> {
    const [database, nats] = [await testDatabase(), await testNats()];
    const parts = new Parts(nats, database, testCaller(nats.url));
    try {
      await parts.startCatalog();
      for (const _replica of [1, 2]) parts.replicas.push(await parts.run('ingest'));
      return parts;
    } catch (error) {
      await parts.stop();
      throw error;
    }
  }

  get urls(): string[] {
    return this.replicas.map(({ url }) => url);
  }

  async startCatalog(): Promise<void> {
    this.catalog = await this.run('catalog');
  }

  async stopCatalog(): Promise<void> {
    await this.catalog?.end('SIGTERM');
  }

  async stop(): Promise<void> {
    await this.caller.close();
    const running = [this.catalog, ...this.replicas].filter((service) => service !== undefined);
    await Promise.all(running.map((service) => service.end('SIGTERM')));
    this.watch.dismiss();
    await this.nats.close();
    await this.database.drop();
    this.home.remove();
  }

  private run(name: 'catalog' | 'ingest'): Promise<ServiceProcess> {
    const env = {
      ...bareEnvironment(),
      REENACT_NATS_URL: this.nats.url,
      REENACT_DATABASE_URL: this.database.url,
      REENACT_OBJECT_DIR: `${this.home.path}/objects`,
      REENACT_LOG_LEVEL: 'warn',
    };
    return ServiceProcess.start(name, { env });
  }
}

interface Agent {
  id: string;
  key: string;
}

let parts: Parts;
let environment: { id: string; path: string };

beforeAll(async () => {
  parts = await Parts.start();
  const { call } = parts.caller;
  const { id: orgId } = await call(createOrganisation, { slug: 'acme', name: 'Acme', ownerId: newId('user') });
  const { id: projectId } = await call(createProject, { orgId, slug: 'webhooks', name: 'Webhooks' });
  const { id } = await call(createEnvironment, { projectId, slug: 'prod', name: 'prod', tier: 'prod' });
  environment = { id, path: `orgs/${orgId}/projects/${projectId}/environments/${id}` };
}, 120_000);
afterAll(() => parts?.stop(), 60_000);

const ask = async (url: string, method: string, path: string, key: string, body?: object) => {
  const headers = { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) };
  const answer = await fetch(`${url}/api/v1/${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  const text = await answer.text();
  return { status: answer.status, body: (text ? JSON.parse(text) : {}) as Record<string, string> };
};
const enrol = async (): Promise<Agent> => {
  const { token } = await parts.caller.call(issueEnrolmentToken, { environmentId: environment.id });
  const { status, body } = await ask(parts.urls[0], 'POST', `${environment.path}/agents`, token, { nonce: newUuid() });
  expect(status).toBe(201);
  return { id: body.agentId, key: body.apiKey };
};
/** Asks for bytes that nobody has: 404 says that the key was taken. */
const lookUp = async (url: string, { id, key }: Agent): Promise<string> => {
  const { status, body } = await ask(url, 'GET', `agents/${id}/artifacts/by-digest/${'0'.repeat(64)}`, key);
  return `${status} ${body.code}`;
};
const everywhere = (agent: Agent) => Promise.all(parts.urls.map((url) => lookUp(url, agent)));
const LET_IN = '404 not_found';
const CANNOT_SAY = '503 try_later';

/** Asks every replica until it refuses like that: until then it let in, and nothing that was asked for too late. */
const refusedEverywhere = async (agent: Agent, refusal: string) => {
  const since = performance.now();
  const wrong: string[] = [];
  const isRefused = async (url: string) => {
    const asked = Math.round(performance.now() - since);
    const answer = await lookUp(url, agent);
    if (answer === refusal) return;
    const isTooLate = answer === LET_IN && asked >= REVOKED_WITHIN_MS;
    if (isTooLate || (answer !== LET_IN && answer !== CANNOT_SAY)) wrong.push(`${answer} after ${asked} ms`);
    throw new Error(`${url} answers ${answer}`);
  };
  await Promise.all(parts.urls.map((url) => eventually(() => isRefused(url))));
  expect(wrong).toEqual([]);
};

describe('revocation over catalog and two replicas of ingest', () => {
  it('revoke-key - reaches the other replica within a second', async () => {
    const agent = await enrol();
    const rotated = await ask(parts.urls[0], 'POST', `agents/${agent.id}/keys`, agent.key, {});
    expect(await everywhere(agent)).toEqual([LET_IN, LET_IN]);
    const own = await ask(parts.urls[0], 'DELETE', `agents/${agent.id}/keys/${keyIdOf(agent.key)}`, rotated.body.apiKey);
    expect(own.status).toBe(204);
    await refusedEverywhere(agent, '401 credential_revoked');
    expect(await everywhere({ ...agent, key: rotated.body.apiKey })).toEqual([LET_IN, LET_IN]);
  });

  it('set-agent-state - shuts an agent out of every replica within a second, and lets it in again', async () => {
    const agent = await enrol();
    expect(await everywhere(agent)).toEqual([LET_IN, LET_IN]);
    await parts.caller.call(setAgentState, { agentId: agent.id, state: 'disabled' });
    await refusedEverywhere(agent, '403 agent_disabled');
    await parts.caller.call(setAgentState, { agentId: agent.id, state: 'active' });
    await eventually(async () => expect(await everywhere(agent)).toEqual([LET_IN, LET_IN]));
  });

  it('record-key-uses - a key that only looks things up shows when it was used', async () => {
    const before = Date.now();
    const agent = await enrol();
    expect(await everywhere(agent)).toEqual([LET_IN, LET_IN]);
    await eventually(
      async () => {
        const { keys } = await parts.caller.call(readAgent, { agentId: agent.id });
        expect(Date.parse(keys[0].lastUsedAt ?? '')).toBeGreaterThanOrEqual(before);
      },
      { timeoutMs: 30_000 },
    );
  }, 60_000);

  it('authenticate-agent - says 503 when neither catalog nor announcements can be had, and knows what it knew afterwards', async () => {
    const [agent, revoked] = [await enrol(), await enrol()];
    const rotated = await ask(parts.urls[1], 'POST', `agents/${revoked.id}/keys`, revoked.key, {});
    await ask(parts.urls[1], 'DELETE', `agents/${revoked.id}/keys/${keyIdOf(revoked.key)}`, rotated.body.apiKey);
    await refusedEverywhere(revoked, '401 credential_revoked');
    expect(await everywhere(agent)).toEqual([LET_IN, LET_IN]);
    await parts.stopCatalog();
    await parts.nats.stop();
    try {
      // What was known a moment ago holds for its second, then nothing does.
      await refusedEverywhere(agent, CANNOT_SAY);
      expect(await everywhere(revoked)).toEqual([CANNOT_SAY, CANNOT_SAY]);
    } finally {
      await parts.nats.start();
      await parts.startCatalog();
    }
    const back = { timeoutMs: 30_000 };
    await eventually(async () => expect(await everywhere(agent)).toEqual([LET_IN, LET_IN]), back);
    await eventually(async () => expect(await everywhere(revoked)).toEqual(Array(2).fill('401 credential_revoked')), back);
  }, 120_000);
});

/** The id in a secret. */
function keyIdOf(secret: string): string {
  return /key_[0-9a-z]{26}/.exec(secret)?.[0] ?? '';
}
