import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId, type Target, type TargetHeader } from '@reenact/contracts';
import { connectNats } from '@reenact/messaging';
import type { PlanAction } from '@reenact/pipeline';
import { testNats } from '@reenact/testing';
import { parseRanges } from '../domain/address-rules.js';
import { RestrictedNats } from '../restricted-nats.harness.js';
import { TicketServer } from '../ticket-server.harness.js';
import type { Channel } from './egress.js';
import { HttpChannel } from './http-channel.js';
import { NatsChannel } from './nats-channel.js';
import { resolveHost } from './resolve-host.js';

const answers: { address: string; family: number }[][] = [];
const lookups: string[] = [];
jest.mock('node:dns/promises', () => ({
  ...jest.requireActual<object>('node:dns/promises'),
  // Names of the tests' own are answered by the tests; every other one by the system.
  lookup: (host: string, options: object) => {
    if (!host.endsWith('.test'))
      return jest.requireActual<typeof import('node:dns/promises')>('node:dns/promises').lookup(host, options);
    lookups.push(host);
    return Promise.resolve(answers.shift() ?? []);
  },
}));

const environmentId = newId('environment');
const LOOPBACK = parseRanges('127.0.0.0/8');

const target = (url: string, headers: Record<string, TargetHeader> = {}, kind: Target['kind'] = 'http'): Target => ({
  id: newId('target'),
  environmentId,
  orgId: newId('organisation'),
  projectId: newId('project'),
  name: 'triage',
  kind,
  url,
  headers,
  revision: 1,
  createdAt: '2026-11-01T12:00:00.000Z',
});
const action = (more: Partial<PlanAction> = {}): PlanAction => ({
  index: 0,
  offset: 1,
  stage: 'notify',
  n: 0,
  kind: 'http',
  target: 'triage',
  method: 'POST',
  path: '/tickets',
  payloadSha256: `sha256:${'0'.repeat(64)}`,
  payloadSize: 2,
  idempotencyKey: 'rn1_key',
  disposition: 'perform',
  decision: 'allow',
  ...more,
});

describe('egress', () => {
  const tickets = new TicketServer();
  const secretsDirectory = mkdtempSync(join(tmpdir(), 'reenact-secrets-'));
  const channels: Channel[] = [];
  let url: string;
  let port: string;

  beforeAll(async () => {
    url = await tickets.listen();
    port = new URL(url).port;
    mkdirSync(join(secretsDirectory, environmentId));
    writeFileSync(join(secretsDirectory, environmentId, 'tickets'), 'Bearer hidden\n');
    writeFileSync(join(secretsDirectory, 'outside'), 'outside');
  });
  afterEach(async () => {
    for (const channel of channels.splice(0)) await channel.close();
    for (const socket of sockets) socket.destroy();
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
    tickets.seen.length = 0;
    tickets.answer = () => 201;
    answers.length = 0;
    lookups.length = 0;
  });
  afterAll(async () => {
    await tickets.close();
    rmSync(secretsDirectory, { recursive: true });
  });

  const http = (to: Target, allowed = LOOPBACK) => {
    const channel = new HttpChannel(to, { allowed, secretsDirectory, answerTimeoutMs: 500 });
    channels.push(channel);
    return channel;
  };
  const sending = (more: Partial<PlanAction> = {}, sendBy = performance.now() + 2_000) => ({
    action: action(more),
    payload: Buffer.from('{}'),
    sendBy,
  });

  it.each([
    ['loopback', () => url],
    ['a name of loopback', () => `http://localhost:${port}`],
    ['IPv6 loopback', () => `http://[::1]:${port}`],
    ['IPv4 in IPv6', () => `http://[::ffff:7f00:1]:${port}`],
    ['a number', () => `http://2130706433:${port}`],
    ['hex', () => `http://0x7f.1:${port}`],
    ['octal', () => `http://0177.0.0.1:${port}`],
    ['a private address', () => 'http://10.0.0.1/'],
    ['the metadata service', () => 'http://169.254.169.254/'],
  ])('refuses %s unless the server allows it', async (_what, to) => {
    expect(await http(target(to()), []).send(sending())).toMatchObject({ kind: 'not_sent' });
    expect(tickets.seen).toEqual([]);
  });

  it.each(['//127.0.0.1/x', '@127.0.0.1/x', '/../x', '/%2e%2e/x', '/\\127.0.0.1', 'http://127.0.0.1/'])(
    'refuses the path %s',
    async (path) => {
      expect(await http(target(url)).send(sending({ path }))).toMatchObject({ kind: 'not_sent', final: true });
      expect(tickets.seen).toEqual([]);
    },
  );

  it('connects to the address that was checked, whatever the name answers next', async () => {
    answers.push([{ address: '127.0.0.1', family: 4 }], [{ address: '10.0.0.1', family: 4 }]);
    const channel = http(target(`http://tickets.test:${port}/v1`));
    expect(await channel.send(sending())).toEqual({ kind: 'answered', status: 201 });
    expect(await channel.send(sending())).toEqual({ kind: 'answered', status: 201 });
    expect(lookups).toEqual(['tickets.test']);
    expect(tickets.seen.map(({ url: path, headers }) => [path, headers.host])).toEqual(
      Array(2).fill(['/v1/tickets', `tickets.test:${port}`]),
    );
  });

  it('refuses a name of which one address is not allowed', async () => {
    answers.push([
      { address: '127.0.0.1', family: 4 },
      { address: '192.168.0.1', family: 4 },
    ]);
    await expect(resolveHost('tickets.test', { allowed: LOOPBACK })).rejects.toMatchObject({ code: 'target_refused' });
    answers.push([]);
    await expect(resolveHost('nothing.test', { allowed: LOOPBACK })).rejects.toMatchObject({ code: 'target_refused' });
  });

  it('follows no redirect', async () => {
    tickets.answer = () => 302;
    expect(await http(target(url)).send(sending())).toEqual({ kind: 'answered', status: 302 });
    expect(tickets.seen).toHaveLength(1);
  });

  it('sends nothing when the time to send is over', async () => {
    expect(await http(target(url)).send(sending({}, performance.now() - 1))).toMatchObject({ kind: 'not_sent' });
    expect(tickets.seen).toEqual([]);
  });

  it('knows what was not sent from what may have arrived', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port: free } = closed.address() as { port: number };
    await new Promise((resolve) => closed.close(resolve));
    const unreachable = await http(target(`http://127.0.0.1:${free}`)).send(sending());
    expect(unreachable).toEqual({ kind: 'not_sent', reason: expect.stringContaining('ECONNREFUSED') });
    // A connection that is not made in the time for an answer has carried nothing.
    const silent = createServer((socket) => sockets.add(socket));
    servers.push(silent);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port: mute } = silent.address() as { port: number };
    expect(await http(target(`https://127.0.0.1:${mute}`)).send(sending())).toMatchObject({ kind: 'not_sent' });
    tickets.answer = () => undefined;
    expect(await http(target(url)).send(sending())).toMatchObject({ kind: 'unknown' });
  });

  it('sends configured headers over captured ones, secrets by name, and the key', async () => {
    const channel = http(target(url, { Authorization: { secretRef: 'tickets' }, 'x-team': { value: 'b' } }));
    const headers = {
      authorization: 'captured',
      'x-team': 'a',
      host: 'evil.example',
      connection: 'x-team',
      'idempotency-key': 'forged',
      'x-ok': '1',
    };
    expect(await channel.send(sending({ headers }))).toEqual({ kind: 'answered', status: 201 });
    expect(tickets.seen[0].headers).toMatchObject({
      authorization: 'Bearer hidden',
      'x-team': 'b',
      'x-ok': '1',
      'idempotency-key': 'rn1_key',
      host: `127.0.0.1:${port}`,
    });
  });

  it.each(['../outside', '..', 'missing', '/etc/passwd', ''])('refuses the secret %j', async (secretRef) => {
    const attempted = await http(target(url, { authorization: { secretRef } })).send(sending());
    expect(attempted).toMatchObject({ kind: 'not_sent' });
    expect(tickets.seen).toEqual([]);
  });

  it('takes no more of an answer than it needs', async () => {
    const endless = createServer((socket: Socket) => {
      socket.on('error', () => undefined);
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n');
      const more = () => {
        while (!socket.destroyed && socket.write(Buffer.alloc(65_536)));
      };
      socket.on('drain', more);
      more();
    });
    const to = await listen(endless);
    expect(await http(target(to)).send(sending())).toEqual({ kind: 'answered', status: 200 });
  });

  it('nats - publishes under the key, with a login that does not travel along', async () => {
    const server = await testNats();
    const nc = await connectNats('canary', server.url);
    const received: { subject: string; key: string; authorization: string }[] = [];
    nc.subscribe('tickets.>', {
      callback: (_error, { subject, headers }) => {
        received.push({
          subject,
          key: headers?.get('idempotency-key') ?? '',
          authorization: headers?.get('authorization') ?? '',
        });
      },
    });
    await nc.flush();
    const { username, password, host } = new URL(server.url);
    const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
    const to = target(`nats://${host}`, { authorization: { value: `Basic ${login}` } }, 'nats');
    const channel = new NatsChannel(to, { allowed: LOOPBACK, answerTimeoutMs: 500 });
    channels.push(channel);
    expect(await channel.send(sending({ kind: 'nats', subject: 'tickets.made' }))).toEqual({ kind: 'answered', status: 200 });
    expect(await channel.send(sending({ kind: 'nats', subject: 'tickets.>' }))).toMatchObject({ kind: 'not_sent' });
    await nc.flush();
    expect(received).toEqual([{ subject: 'tickets.made', key: 'rn1_key', authorization: '' }]);
    await channel.close();
    await nc.close();
    await server.close();
  });

  it('nats - what the server or the client does not let through was not sent, and would not be', async () => {
    const server = await RestrictedNats.start();
    const reader = await connectNats('canary', server.url('reader'));
    const received: string[] = [];
    reader.subscribe('>', { callback: (_error, { subject }) => void received.push(subject) });
    await reader.flush();
    const login = Buffer.from('agent:sesame').toString('base64');
    const to = target(`nats://127.0.0.1:${server.port}`, { authorization: { value: `Basic ${login}` } }, 'nats');
    const channel = new NatsChannel(to, { allowed: LOOPBACK, answerTimeoutMs: 500 });
    channels.push(channel);
    const send = (subject: string, size = 2, headers = {}) =>
      channel.send({ ...sending({ kind: 'nats', subject, headers }), payload: Buffer.alloc(size, '1') });

    const denied = { kind: 'not_sent', final: true, reason: expect.stringMatching(/permissions violation/i) };
    const tooLong = { kind: 'not_sent', final: true, reason: expect.stringContaining('max_payload') };
    const taken = { kind: 'answered', status: 200 };
    expect(await send('secrets.made')).toEqual(denied);
    expect(await send('tickets.made')).toEqual(taken);
    expect(await send('tickets.made', 2_000)).toEqual(tooLong);
    expect(await send('secrets.made')).toEqual(denied);
    expect(await send('tickets.made', 2, { 'x-note': 'a\r\nb' })).toMatchObject({ kind: 'not_sent', final: true });
    expect(await send('tickets.changed')).toEqual(taken);
    await reader.flush();
    expect(received).toEqual(['tickets.made', 'tickets.changed']);
    await channel.close();
    await reader.close();
    await server.stop();
  });

  it('nats - follows no gossip', async () => {
    let canary = 0;
    const other = createServer(() => {
      canary += 1;
    });
    const otherUrl = new URL(await listen(other));
    let visits = 0;
    const gossip = createServer((socket: Socket) => {
      visits += 1;
      socket.on('error', () => undefined);
      const info = {
        server_id: 'A',
        version: '2.9.10',
        proto: 1,
        max_payload: 1048576,
        headers: true,
        connect_urls: [otherUrl.host],
      };
      socket.write(`INFO ${JSON.stringify(info)}\r\n`);
      socket.on('data', (data) => {
        if (String(data).includes('PING')) socket.write('PONG\r\n');
        if (String(data).includes('PUB')) socket.destroy();
      });
    });
    const to = target((await listen(gossip)).replace('http:', 'nats:'), {}, 'nats');
    const channel = new NatsChannel(to, { allowed: LOOPBACK, answerTimeoutMs: 500 });
    channels.push(channel);
    for (let i = 0; i < 3; i += 1) await channel.send(sending({ kind: 'nats', subject: 'tickets.made' }));
    expect(visits).toBeGreaterThan(1);
    expect(canary).toBe(0);
  });

  it.each(['nats://user:pass@127.0.0.1', 'http://127.0.0.1', 'nats://127.0.0.1/x', 'nats://'])(
    'nats - refuses the target %s',
    async (to) => {
      const channel = new NatsChannel(target(to, {}, 'nats'), { allowed: LOOPBACK, answerTimeoutMs: 500 });
      expect(await channel.send(sending({ kind: 'nats', subject: 'tickets.made' }))).toMatchObject({ kind: 'not_sent' });
    },
  );
});

const servers: Server[] = [];
const sockets = new Set<Socket>();

async function listen(server: Server): Promise<string> {
  servers.push(server);
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}
