import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Body, Controller, Get, HttpCode, Logger, Module, Param, Post, Query, Req } from '@nestjs/common';
import {
  type CallContext,
  type LocateResource,
  locateResource,
  Problem,
  type ServiceName,
  Text,
  validate,
} from '@reenact/contracts';
import { MessagingModule, Rpc, RpcClient } from '@reenact/messaging';
import { messagingTables, PersistenceModule } from '@reenact/persistence';
import { eventually, type TestDatabase, testDatabase, type TestNats, testNats } from '@reenact/testing';
import type { FastifyRequest } from 'fastify';
import {
  callContext,
  Clock,
  type HttpPatience,
  type RunningService,
  refuseQuery,
  ServiceKitModule,
  startService,
} from './index.js';

class Note {
  @Text({ max: 20 }) text: string;
}

@Controller('notes')
class NotesController {
  private readonly logger = new Logger('Notes');

  constructor(
    private readonly clock: Clock,
    private readonly rpc: RpcClient,
  ) {}

  @Post()
  create(@Body() body: unknown) {
    const { text } = validate(Note, body, { unknownFields: 'refuse' });
    this.logger.log(`note with rnt_pat_tok123_secretsecret: ${text}`);
    return { text, at: this.clock.now().toISOString() };
  }

  @Get()
  list(@Query() query: unknown) {
    refuseQuery(query);
    return [];
  }

  @Get('broken')
  broken(): never {
    throw new Error('inner secret');
  }

  @Get('limited')
  limited(): never {
    throw new Problem('rate_limited', { members: { retryAfterSeconds: 7 } });
  }

  @Get(':id/scope')
  async scope(@Param('id') id: string, @Req() request: FastifyRequest) {
    return this.rpc.call(locateResource.catalog, { id }, callContext(request, { kind: 'user', id: 'usr_1' }));
  }

  @Post('quiet')
  @HttpCode(204)
  quiet(): void {}
}

@Controller()
class CatalogRpc {
  @Rpc(locateResource.catalog)
  async locate(request: LocateResource, context: CallContext) {
    if (request.id === 'gone') throw new Problem('not_found', { detail: 'gone for good' });
    return { scope: { orgId: context.requestId ?? 'none', projectId: context.traceparent } as never };
  }
}

@Module({})
class Root {}

describe('start-service', () => {
  let database: TestDatabase;
  let nats: TestNats;
  let directory: string;
  const running: RunningService[] = [];

  const module = (service: ServiceName, controllers: Function[]) => ({
    module: Root,
    imports: [
      PersistenceModule.forRoot({
        service,
        database: { url: database.url, poolSize: 2 },
        entities: [],
        migrations: [messagingTables(service)],
      }),
      MessagingModule.forRoot({ service, nats: { url: nats.url } }),
      ServiceKitModule,
    ],
    controllers: controllers as never[],
  });

  async function start(
    name: ServiceName,
    controllers: Function[],
    { port = 0, http }: { port?: number; http?: HttpPatience } = {},
  ): Promise<RunningService> {
    const service = await startService({
      name,
      module: module(name, controllers),
      config: {
        host: '127.0.0.1',
        port,
        http,
        nats: { url: nats.url },
        database: { url: database.url },
        logLevel: 'info',
        logFile: join(directory, 'log.ndjson'),
      },
    });
    running.push(service);
    return service;
  }

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'reenact-kit-'));
    [database, nats] = await Promise.all([testDatabase(), testNats()]);
    await start('catalog', [CatalogRpc]);
    await start('gateway', [NotesController]);
  });

  afterAll(async () => {
    await Promise.all(running.map((service) => service.stop()));
    await nats.close();
    await database.drop();
    rmSync(directory, { recursive: true, force: true });
  });

  const at = (path: string) => `${running[1].url}${path}`;
  const json = (body: string | Uint8Array<ArrayBuffer>, headers = {}) => ({
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });

  async function problem(response: Response, status: number, code: string): Promise<Record<string, unknown>> {
    const body = (await response.json()) as Record<string, unknown>;
    expect(body).toMatchObject({ code, status, type: `https://reenact.dev/problems/${code}` });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(body.instance).toBe(response.headers.get('x-request-id'));
    return body;
  }

  it('serves controllers, with the id and trace of the caller', async () => {
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const headers = { 'x-request-id': 'my-id', traceparent: `00-${trace}-00f067aa0ba902b7-01` };
    const response = await fetch(at('/notes'), json('{"text":"hello"}', headers));
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ text: 'hello' });
    expect(response.headers.get('x-request-id')).toBe('my-id');
    expect(response.headers.get('traceparent')).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
    expect((await fetch(at('/notes/quiet'), { method: 'POST' })).status).toBe(204);
  });

  it('answers every kind of bad request with its problem', async () => {
    await problem(await fetch(at('/notes'), json('{"text":')), 400, 'malformed_json');
    await problem(await fetch(at('/notes'), json(new Uint8Array([0x7b, 0xff, 0x7d]))), 400, 'malformed_json');
    await problem(await fetch(at('/notes'), json('{"__proto__":{}}')), 400, 'malformed_json');
    await problem(await fetch(at('/notes'), json('')), 422, 'validation_failed');
    const deep = `{"text":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
    await problem(await fetch(at('/notes'), json(deep)), 422, 'validation_failed');
    const wrong = await problem(await fetch(at('/notes'), json('{"text":1,"more":2}')), 422, 'validation_failed');
    expect(new Set((wrong.errors as { path: string }[]).map(({ path }) => path))).toEqual(new Set(['/more', '/text']));
    await problem(await fetch(at('/notes'), { method: 'POST', body: 'text' }), 415, 'unsupported_media_type');
    await problem(await fetch(at('/notes'), json(`"${'x'.repeat(4 * 1024 * 1024)}"`)), 413, 'body_too_large');
    await problem(await fetch(at('/nothing')), 404, 'not_found');
    const method = await fetch(at('/notes'), { method: 'DELETE' });
    expect(method.headers.get('allow')).toBe('GET, HEAD, POST');
    await problem(method, 405, 'method_not_allowed');
    await problem(await fetch(at('/notes?colour=red')), 400, 'unknown_query_parameter');
    await problem(await fetch(at('/notes/%zz/scope')), 404, 'not_found');
    const limited = await fetch(at('/notes/limited'));
    expect(limited.headers.get('retry-after')).toBe('7');
    await problem(limited, 429, 'rate_limited');
  });

  it('tells a sender that is still sending what is wrong, before the connection closes', async () => {
    const { hostname, port } = new URL(at('/notes'));
    const size = 64 * 1024 * 1024;
    const socket = connect(Number(port), hostname);
    const answer: Buffer[] = [];
    const closed = once(socket, 'close');
    socket.on('data', (chunk: Buffer) => answer.push(chunk));
    socket.write(`POST /notes HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${size}\r\n\r\n`);
    const chunk = Buffer.alloc(64 * 1024, 'x');
    // Rejects when the connection breaks before everything was sent.
    for (let sent = 0; sent < size; sent += chunk.length) if (!socket.write(chunk)) await once(socket, 'drain');
    await closed;
    expect(Buffer.concat(answer).toString()).toMatch(/^HTTP\/1\.1 413 [^]*"code":"body_too_large"/);
  });

  it('ends requests whose headers or body do not come in time, also those that drip', async () => {
    const { url } = await start('approval', [NotesController], { http: { headersMs: 200, bodyMs: 200 } });
    const { hostname, port } = new URL(url);
    const send = async (beginning: string, drip: string) => {
      const socket = connect(Number(port), hostname);
      socket.write(beginning);
      const timer = setInterval(() => socket.write(drip), 20);
      try {
        return await text(socket);
      } finally {
        clearInterval(timer);
      }
    };
    const head = 'POST /notes HTTP/1.1\r\nhost: x\r\n';
    const body = 'content-type: application/json\r\ncontent-length: 1000000\r\n\r\n';
    const answers = await Promise.all([send(head, 'x: y\r\n'), send('', ''), send(head + body, ' '), send(head + body, '')]);
    for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    for (const answer of answers.slice(2)) expect(answer).toContain('"code":"request_timeout"');
    expect((await fetch(`${url}/notes`, json('{"text":"hello"}'))).status).toBe(201);
  });

  it('says nothing about the inside of an unexpected error, and logs it with the request id', async () => {
    const response = await fetch(at('/notes/broken'), { headers: { 'x-request-id': 'broken-1' } });
    const body = await problem(response, 500, 'internal');
    expect(JSON.stringify(body)).not.toContain('inner secret');
    const lines = readFileSync(join(directory, 'log.ndjson'), 'utf8').trim().split('\n');
    const line = lines.map((text) => JSON.parse(text)).find(({ requestId }) => requestId === 'broken-1');
    expect(line).toMatchObject({ level: 'error', service: 'gateway' });
    expect(line.msg).toContain('inner secret');
  });

  it('logs no secrets, and names the service of each line', async () => {
    await fetch(at('/notes'), json('{"text":"logged"}'));
    const log = readFileSync(join(directory, 'log.ndjson'), 'utf8');
    expect(log).toContain('note with rnt_pat_***: logged');
    expect(log).not.toContain('secretsecret');
    expect(log).toContain('"service":"catalog"');
  });

  it('asks another service by RPC, which gets the request id and trace, and answers its problems', async () => {
    const response = await fetch(at('/notes/x/scope'), { headers: { 'x-request-id': 'rpc-1' } });
    const { scope } = (await response.json()) as { scope: { orgId: string; projectId: string } };
    expect(scope.orgId).toBe('rpc-1');
    expect(scope.projectId).toBe(response.headers.get('traceparent'));
    expect((await problem(await fetch(at('/notes/gone/scope')), 404, 'not_found')).detail).toBe('gone for good');
  });

  it('tells health, readiness and its own metrics', async () => {
    expect(await (await fetch(at('/healthz'))).json()).toEqual({ status: 'ok' });
    const ready = await fetch(at('/readyz'));
    expect(await ready.json()).toEqual({ status: 'ok', checks: { service: 'ok', database: 'ok', nats: 'ok' } });
    const metrics = await (await fetch(at('/metrics'))).text();
    expect(metrics).toMatch(
      /reenact_gateway_http_request_duration_seconds_count\{method="POST",route="\/notes",status="201"\} [1-9]/,
    );
    expect(metrics).toContain('reenact_gateway_rpc_calls_total{subject="rpc.catalog.resource.locate"}');
    expect(metrics).not.toContain('reenact_catalog_');
  });

  it('is not ready while NATS is away, lives on, and is ready again after', async () => {
    await nats.stop();
    const away = await problem(await fetch(at('/readyz')), 503, 'try_later');
    expect(away.checks).toMatchObject({ database: 'ok', nats: expect.stringMatching(/failed|no answer/) });
    expect((await fetch(at('/healthz'))).status).toBe(200);
    await problem(await fetch(at('/notes/x/scope')), 503, 'try_later');
    await nats.start();
    await eventually(async () => expect((await fetch(at('/readyz'))).status).toBe(200));
    await eventually(async () => expect((await fetch(at('/notes/x/scope'))).status).toBe(200));
  });

  it('says clearly that its port is used, and leaves nothing behind', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    await expect(start('incident', [], { port })).rejects.toThrow(
      `Port ${port} for incident is in use on 127.0.0.1. Stop what uses it, or set REENACT_INCIDENT_PORT to another one.`,
    );
    server.close();
  });

  it('stops: closes its port, ends its connections, twice is once', async () => {
    const service = await start('approval', []);
    await Promise.all([service.stop(), service.stop()]);
    await expect(fetch(`${service.url}/healthz`)).rejects.toThrow();
  });
});
