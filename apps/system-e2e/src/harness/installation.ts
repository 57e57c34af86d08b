import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Environment, newId, type Organisation, type Project } from '@reenact/contracts';
import { generateSecret } from '@reenact/credentials';
import { type TestDatabase, type TestNats, temporaryDirectory, testDatabase, testNats } from '@reenact/testing';
import { Api } from './api.js';
import { type Connection, PEOPLE, type Person } from './connection.js';
import { processesOf, watchOver } from './processes.js';
import { ServiceProcess } from './service-process.js';
import { bareEnvironment } from './workspace.js';
import { World } from './world.js';

/** Every process of an installation; those of a later group need those of an earlier one to be there. */
const FIRST = ['catalog', 'audit', 'approval', 'incident', 'replay-orchestrator'] as const;
const SECOND = ['runner-dry-run', 'runner-execute', 'ingest', 'gateway'] as const;
export type ProcessName = (typeof FIRST)[number] | (typeof SECOND)[number];

interface User {
  id: string;
  name: string;
  email: string;
  token: string;
  installationAdmin: boolean;
}

/** An installation whose services are processes of their own, to be ended, started, doubled and told where to crash. */
export class Installation {
  private readonly processes = new Map<string, ServiceProcess>();
  private directoryWatch = watchOver(this.directory);
  private readonly users = Object.fromEntries(PEOPLE.map((name) => [name, makeUser(name)])) as Record<Person, User>;
  world: World;

  private constructor(
    readonly directory: string,
    readonly nats: TestNats,
    private readonly database: TestDatabase,
    private readonly remove: () => void,
    private readonly extra: NodeJS.ProcessEnv,
  ) {}

  /** Starts one of each, and makes the sample organisation through the operator API. */
  static async start(extra: NodeJS.ProcessEnv = {}): Promise<Installation> {
    const [database, nats] = await Promise.all([testDatabase(), testNats()]);
    const { path, remove } = temporaryDirectory('e2e-apart');
    const installation = new Installation(path, nats, database, remove, extra);
    try {
      await installation.open();
      return installation;
    } catch (error) {
      await installation.close();
      throw error;
    }
  }

  /** Starts a process, or another one of its kind when `copy` says which; resolves when it is ready. */
  async run(name: ProcessName, env: NodeJS.ProcessEnv = {}, copy = ''): Promise<ServiceProcess> {
    const key = `${name}${copy}`;
    const known = this.processes.get(key);
    const started = await ServiceProcess.start(name, {
      env: { ...this.environment(key), ...env },
      port: known?.port,
    });
    this.processes.set(key, started);
    return started;
  }

  process(name: ProcessName, copy = ''): ServiceProcess {
    const found = this.processes.get(`${name}${copy}`);
    if (!found) throw new Error(`${name}${copy} was never started`);
    return found;
  }

  /** As `kill -9`. */
  async kill(name: ProcessName, copy = ''): Promise<void> {
    await this.process(name, copy).end('SIGKILL');
  }

  async stop(name: ProcessName, copy = ''): Promise<void> {
    await this.process(name, copy).end('SIGTERM');
  }

  /**
   * Starts a process anew with a crash point. Answers a promise of its death there, after which it was started again without.
   */
  async crashOnce(name: ProcessName, point: string): Promise<{ died: Promise<NodeJS.Signals | null> }> {
    await this.stop(name);
    const doomed = await this.run(name, { REENACT_CRASH_AT: point });
    const died = doomed.exited.then(async ({ signal }) => {
      if (this.processes.get(name) === doomed && !doomed.wasEnded) await this.run(name);
      return signal;
    });
    return { died };
  }

  async close(): Promise<void> {
    await Promise.all([...this.processes.values()].map((process) => process.end('SIGTERM')));
    const left = processesOf(this.directory);
    for (const { pid } of left) process.kill(pid, 'SIGKILL');
    this.directoryWatch.dismiss();
    await this.nats.close();
    await this.database.drop();
    if (process.env.REENACT_E2E_KEEP === undefined) this.remove();
  }

  private async open(): Promise<void> {
    mkdirSync(join(this.directory, 'keys'), { recursive: true });
    mkdirSync(join(this.directory, 'logs'), { recursive: true });
    mkdirSync(join(this.directory, 'objects'), { recursive: true });
    writeFileSync(join(this.directory, 'keys/audit.seed'), randomBytes(32).toString('base64'), { mode: 0o600 });
    writeFileSync(join(this.directory, 'users.json'), JSON.stringify(Object.values(this.users)), { mode: 0o600 });
    for (const group of [FIRST, SECOND]) await Promise.all(group.map((name) => this.run(name)));
    this.world = new World({
      connection: await this.provision(),
      databaseUrl: this.database.url,
      objectDirectory: join(this.directory, 'objects'),
    });
  }

  private environment(key: string): NodeJS.ProcessEnv {
    const keys = join(this.directory, 'keys');
    return {
      ...bareEnvironment(),
      REENACT_NATS_URL: this.nats.url,
      REENACT_DATABASE_URL: this.database.url,
      REENACT_DATABASE_POOL_SIZE: '5',
      REENACT_OBJECT_DIR: join(this.directory, 'objects'),
      REENACT_LOG_FILE: join(this.directory, 'logs', `${key}.log`),
      REENACT_USERS_FILE: join(this.directory, 'users.json'),
      REENACT_AUDIT_KEY_FILE: join(keys, 'audit.seed'),
      REENACT_APPROVAL_KEY_FILE: join(keys, 'approval.key'),
      REENACT_ROOT_KEY_FILE: join(keys, 'root.key'),
      REENACT_ROOT_PUBLIC_KEY_FILE: join(keys, 'root.key.pub'),
      REENACT_EGRESS_ALLOW: '127.0.0.0/8,::1/128',
      REENACT_TARGET_SECRETS_DIR: join(this.directory, 'target-secrets'),
      ...this.extra,
    };
  }

  private async provision(): Promise<Connection> {
    const gatewayUrl = this.process('gateway').url;
    const admin = new Api(gatewayUrl, this.users.admin.token);
    const org = await admin.post<Organisation>('orgs', { slug: 'acme', name: 'Acme' });
    const project = await admin.post<Project>(`orgs/${org.id}/projects`, { slug: 'webhooks', name: 'Webhooks' });
    const environments = {} as Connection['environments'];
    for (const tier of ['dev', 'staging', 'prod'] as const) {
      const wanted = { slug: tier, name: tier, tier };
      const { id } = await admin.post<Environment>(`orgs/${org.id}/projects/${project.id}/environments`, wanted);
      environments[tier] = { id };
    }
    for (const name of PEOPLE.filter((person) => person !== 'admin')) {
      const role = name === 'approver2' ? 'approver' : name;
      await admin.post(`orgs/${org.id}/members`, { userId: this.users[name].id, role });
    }
    return {
      v: 1,
      pid: 0,
      version: '',
      gatewayUrl,
      ingestUrl: this.process('ingest').url,
      consoleUrl: gatewayUrl,
      natsUrl: this.nats.url,
      org: { id: org.id, slug: org.slug },
      project: { id: project.id, slug: project.slug },
      environments,
      tokens: Object.fromEntries(PEOPLE.map((name) => [name, this.users[name].token])) as Connection['tokens'],
    };
  }
}

function makeUser(name: Person): User {
  return {
    id: newId('user'),
    name: `The ${name}`,
    email: `${name}@example.org`,
    token: generateSecret('api_token', newId('token'), randomBytes(32)),
    installationAdmin: name === 'admin',
  };
}
