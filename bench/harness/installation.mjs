import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '@reenact/contracts';
import { generateSecret } from '@reenact/credentials';
import { choosePort, startNats, startPostgres } from '@reenact/embedded';
import { Api } from './api.mjs';
import { Child } from './child.mjs';

const ROOT = join(import.meta.dirname, '../..');
const PEOPLE = ['admin', 'operator', 'approver'];
const OWN = {
  gateway: { port: 'REENACT_PORT' },
  'runner-dry-run': { app: 'runner', port: 'REENACT_RUNNER_PORT', env: { REENACT_RUNNER_POOL: 'dry-run' } },
  'runner-execute': { app: 'runner', port: 'REENACT_RUNNER_PORT', env: { REENACT_RUNNER_POOL: 'execute' } },
};

/** Every process of a whole installation. */
export const ALL = [
  'catalog',
  'audit',
  'approval',
  'incident',
  'replay-orchestrator',
  'runner-dry-run',
  'runner-execute',
  'ingest',
  'gateway',
];

/** Services as processes of their own, from what was built, over an embedded PostgreSQL and NATS with durable settings. */
export class Installation {
  urls = {};
  people = {};
  #stops = [];
  #processes = {};
  #parts = {};
  #stopped;

  /** Starts the named services with an organisation, a project and an environment per tier. Resolves when all is there. */
  static async start(names, { env = {}, nodeFlags = {} } = {}) {
    const installation = new Installation();
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void installation.stop().finally(() => process.exit(1)));
    try {
      await installation.#open(names, env, nodeFlags);
      return installation;
    } catch (error) {
      await installation.stop();
      throw error;
    }
  }

  as(person) {
    return new Api(this.urls.gateway, this.people[person].token);
  }

  pid(name) {
    return this.#processes[name].pid;
  }

  /** The process ids of all services and of what they run on, by name. */
  get pids() {
    const services = Object.entries(this.#processes).map(([name, { pid }]) => [name, pid]);
    return { ...this.#parts, ...Object.fromEntries(services) };
  }

  /** May be called again while it goes on. */
  stop() {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop() {
    for (const stop of this.#stops.splice(0).reverse()) await stop();
  }

  async #open(names, extra, nodeFlags) {
    this.directory = mkdtempSync(join(tmpdir(), 'reenact-bench-'));
    // The embedded PostgreSQL may run as another user, who has to reach its files.
    chmodSync(this.directory, 0o755);
    this.#stops.push(() => rmSync(this.directory, { recursive: true, force: true, maxRetries: 3 }));
    const home = join(this.directory, 'home');
    const postgres = await startPostgres({ home });
    this.#stops.push(() => postgres.stop());
    const nats = await startNats({ home });
    this.#stops.push(() => nats.stop());
    this.#parts = { PostgreSQL: postgres.pid, 'nats-server': nats.pid };
    Object.assign(this, { databaseUrl: postgres.url, natsUrl: nats.url, natsVersion: nats.version });
    const env = { ...this.#environment(), ...extra };
    const launch = (name) => this.#launch(name, env, nodeFlags[name] ?? []);
    // Approval makes the root key whose public half others read when they start.
    for (const first of names.filter((name) => name === 'approval')) await launch(first);
    await Promise.all(names.filter((name) => name !== 'approval').map(launch));
    if (names.includes('gateway')) await this.#provision();
  }

  #environment() {
    const { PATH, HOME, TMPDIR } = process.env;
    for (const name of ['keys', 'logs', 'objects']) mkdirSync(join(this.directory, name));
    for (const name of PEOPLE) {
      const token = generateSecret('api_token', newId('token'), randomBytes(32));
      this.people[name] = { id: newId('user'), name, email: `${name}@example.org`, token, installationAdmin: name === 'admin' };
    }
    const file = (name) => join(this.directory, name);
    writeFileSync(file('users.json'), JSON.stringify(Object.values(this.people)), { mode: 0o600 });
    writeFileSync(file('keys/audit.seed'), randomBytes(32).toString('base64'), { mode: 0o600 });
    return {
      PATH,
      HOME,
      TMPDIR,
      NODE_ENV: 'production',
      REENACT_NATS_URL: this.natsUrl,
      REENACT_DATABASE_URL: this.databaseUrl,
      REENACT_OBJECT_DIR: file('objects'),
      REENACT_USERS_FILE: file('users.json'),
      REENACT_AUDIT_KEY_FILE: file('keys/audit.seed'),
      REENACT_APPROVAL_KEY_FILE: file('keys/approval.key'),
      REENACT_ROOT_KEY_FILE: file('keys/root.key'),
      REENACT_ROOT_PUBLIC_KEY_FILE: file('keys/root.key.pub'),
      REENACT_EGRESS_ALLOW: '127.0.0.0/8',
      REENACT_TARGET_SECRETS_DIR: file('target-secrets'),
    };
  }

  async #launch(name, env, flags) {
    const own = OWN[name] ?? { port: `REENACT_${name.toUpperCase().replaceAll('-', '_')}_PORT` };
    const main = join(ROOT, 'apps', own.app ?? name, 'dist/main.js');
    if (!existsSync(main)) throw new Error(`${main} is not there: npm run build`);
    const port = await choosePort(name, undefined, undefined);
    this.urls[name] = `http://127.0.0.1:${port}`;
    const log = join(this.directory, 'logs', `${name}.log`);
    const variables = { ...env, ...own.env, [own.port]: String(port), REENACT_LOG_FILE: log };
    const readyUrl = `${this.urls[name]}/readyz`;
    const child = await Child.start([...flags, main], { env: variables, readyUrl }).catch((error) => {
      const said = existsSync(log) ? readFileSync(log, 'utf8').slice(-2_000) : 'nothing';
      throw new Error(`${name} did not become ready: ${error.message}; its log says ${said}`, { cause: error });
    });
    this.#processes[name] = child;
    this.#stops.push(() => child.stop());
  }

  async #provision() {
    const admin = this.as('admin');
    const org = await admin.post('orgs', { slug: 'bench', name: 'Bench' });
    const project = await admin.post(`orgs/${org.id}/projects`, { slug: 'bench', name: 'Bench' });
    this.place = { orgId: org.id, projectId: project.id, environments: {} };
    for (const tier of ['dev', 'staging']) {
      const wanted = { slug: tier, name: tier, tier };
      const { id } = await admin.post(`orgs/${org.id}/projects/${project.id}/environments`, wanted);
      this.place.environments[tier] = id;
    }
    for (const role of ['operator', 'approver']) {
      await admin.post(`orgs/${org.id}/members`, { userId: this.people[role].id, role });
    }
  }

  /** A new agent of an environment, with its key. */
  async enrol(tier) {
    const { token } = await this.as('admin').post(`environments/${this.place.environments[tier]}/enrolment-tokens`);
    const agents = new Api(this.urls.ingest, token);
    return agents.post(`orgs/bench/projects/bench/environments/${tier}/agents`, { nonce: randomBytes(12).toString('hex') });
  }
}
