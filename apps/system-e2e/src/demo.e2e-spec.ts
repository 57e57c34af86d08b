import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isId } from '@reenact/contracts';
import { Api } from './harness/api.js';
import { PEOPLE } from './harness/connection.js';
import { LocalHome } from './harness/local-home.js';

/** The demo says how many of its steps were as expected. */
const ALL_AS_EXPECTED = /\b(\d+) steps as expected, 0 not\./;

describe('play-sample-incident', () => {
  const home = new LocalHome();
  afterAll(() => home.close());

  it('play-sample-incident - ends with 0, leaves no process, and plays again on the same home', async () => {
    for (const round of ['first', 'second']) {
      const { code, output } = await home.run(['--exit']);
      expect({ round, code, output }).toEqual({ round, code: 0, output: expect.stringMatching(ALL_AS_EXPECTED) });
      expect(home.isOpen).toBe(false);
      await home.nothingLeft();
    }
  });

  it('play-sample-incident - plays with every service as a process of its own', async () => {
    const run = home.begin(['--exit', '--separate']);
    await run.find((lines) => lines.find((line) => line.startsWith('Ready in')), 90_000);
    const services = home.processes().filter(({ command }) => /\/apps\/[a-z-]+\/dist\/main\.js$/.test(command));
    const { code } = await run.exit(180_000);
    expect({ code, output: run.output }).toEqual({ code: 0, output: expect.stringMatching(ALL_AS_EXPECTED) });
    const names = services.map(({ command }) => /\/apps\/([a-z-]+)\/dist/.exec(command)?.[1] ?? '');
    expect(names.toSorted((a, b) => a.localeCompare(b))).toEqual([
      'approval',
      'audit',
      'catalog',
      'gateway',
      'incident',
      'ingest',
      'replay-orchestrator',
      'runner',
      'runner',
    ]);
    await home.nothingLeft();
  });
});

describe('run-local', () => {
  const home = new LocalHome();
  afterAll(() => home.close());

  it('run-local - tells other programs how to connect while it is up, refuses a second run, and leaves nothing', async () => {
    const run = home.begin(['--no-demo']);
    const connection = await home.ready(run);
    expect(home.connectionMode).toBe(0o600);
    const url = expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/);
    const token = expect.stringMatching(/^rnt_pat_tok_[0-9a-z]{26}_[0-9A-Za-z]{49}$/);
    expect(connection).toEqual({
      v: 1,
      pid: run.pid,
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      gatewayUrl: url,
      ingestUrl: url,
      consoleUrl: url,
      natsUrl: expect.stringMatching(/^nats:\/\/.*127\.0\.0\.1:\d+$/),
      org: { id: expect.any(String), slug: expect.any(String) },
      project: { id: expect.any(String), slug: expect.any(String) },
      environments: { dev: { id: expect.any(String) }, staging: { id: expect.any(String) }, prod: { id: expect.any(String) } },
      tokens: Object.fromEntries(PEOPLE.map((person) => [person, token])),
    });
    expect(Object.keys(connection.tokens)).toEqual([...PEOPLE]);
    const ids = [connection.org.id, connection.project.id, ...Object.values(connection.environments).map(({ id }) => id)];
    expect(ids.map((id) => ['organisation', 'project', 'environment'].find((kind) => isId(kind as 'project', id)))).toEqual([
      'organisation',
      'project',
      ...Array(3).fill('environment'),
    ]);
    const { id } = await new Api(connection.gatewayUrl, connection.tokens.operator).get<{ id: string }>('me');
    expect(isId('user', id)).toBe(true);

    const second = await home.run(['--no-demo']);
    expect(second.code).toBe(1);
    expect(second.output).toContain('already running');
    expect(second.output).toContain(String(run.pid));
    expect(second.output).not.toMatch(/^\s+at /m);
    expect(home.connection()).toEqual(connection);

    expect(await run.stop('SIGINT')).toEqual({ code: 0, signal: null });
    expect(home.isOpen).toBe(false);
    await home.nothingLeft();

    const again = home.begin(['--no-demo']);
    const { org, project, environments, tokens } = connection;
    expect(await home.ready(again)).toMatchObject({ org, project, environments, tokens });
    expect(await again.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    await home.nothingLeft();
  });

  it('run-local - says which port is used', async () => {
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve));
    const { port } = squatter.address() as AddressInfo;
    try {
      const { code, output } = await home.run(['--no-demo'], { REENACT_PORT: String(port) });
      expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining(`Port ${port}`) });
      expect(output).toMatch(/in use.* set REENACT_PORT to another one/);
      expect(output).not.toMatch(/^\s+at /m);
      expect(home.isOpen).toBe(false);
      await home.nothingLeft();
    } finally {
      squatter.close();
    }
  });

  it.each([
    [['--nonsense'], {}, /nonsense/],
    [['--no-demo', '--exit'], {}, /--no-demo/],
    [['--no-demo'], { REENACT_PORT: 'high' }, /REENACT_PORT/],
  ])('run-local - refuses %j with %j and says why', async (args, env, says) => {
    const { code, output } = await home.run(args, env);
    expect(code).toBe(1);
    expect(output).toMatch(says);
    expect(output).not.toMatch(/^\s+at /m);
    await home.nothingLeft();
  });
});
