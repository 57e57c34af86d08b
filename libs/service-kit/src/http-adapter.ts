import { FastifyAdapter } from '@nestjs/platform-fastify';
import { isDeeperThan, Problem } from '@reenact/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { KnownRoutes } from './known-routes.js';
import { withLogContext } from './log-context.js';
import type { Metrics } from './metrics.js';
import { BODY_LIMIT_BYTES, readBody } from './read-body.js';
import { continueTrace, rememberTrace, requestIdOf } from './request-context.js';
import { sendProblem } from './send-problem.js';

/** How long a sender may take, in milliseconds: nobody gets to hold a connection by sending slowly. */
export interface HttpPatience {
  /** Over the headers of a request, from the first byte or the opening of the connection. */
  headersMs: number;
  /** Over a body that is read into memory. */
  bodyMs: number;
}

export const DEFAULT_HTTP_PATIENCE: HttpPatience = { headersMs: 10_000, bodyMs: 10_000 };

/** Nest's Fastify adapter with our answers for what goes wrong outside of controllers: parsing, routing, sizes. */
export class HttpAdapter extends FastifyAdapter {
  private readonly routes = new KnownRoutes();

  constructor({ headersMs, bodyMs }: HttpPatience = DEFAULT_HTTP_PATIENCE) {
    super({
      bodyLimit: BODY_LIMIT_BYTES,
      http: { headersTimeout: headersMs, connectionsCheckingInterval: Math.ceil(headersMs / 2) },
      requestIdHeader: false,
      genReqId: (request: { headers: Record<string, string | string[] | undefined> }) =>
        requestIdOf(request.headers['x-request-id']),
      return503OnClosing: false,
      forceCloseConnections: 'idle',
      frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => sendProblem(error, request, reply),
    });
    const instance = this.fastify();
    instance.addHook('onRoute', ({ method, url }) => this.routes.add(method, url));
    instance.addHook('onRequest', (request, reply, done) => {
      const traceparent = continueTrace(request.headers.traceparent);
      rememberTrace(request, traceparent);
      void reply.header('x-request-id', request.id).header('traceparent', traceparent);
      withLogContext({ requestId: request.id, traceId: traceparent.slice(3, 35) }, done);
    });
    readJsonStrictly(instance, bodyMs);
  }

  fastify(): FastifyInstance {
    return this.getInstance() as unknown as FastifyInstance;
  }

  /** Counts and times every request. */
  measure(metrics: Metrics): void {
    const duration = metrics.histogram(
      'http_request_duration_seconds',
      'Time from the first byte of a request to the end of its answer',
      ['method', 'route', 'status'],
    );
    this.fastify().addHook('onResponse', async (request, reply) => {
      const route = request.routeOptions.url ?? 'unknown';
      duration.observe({ method: request.method, route, status: String(reply.statusCode) }, reply.elapsedTime / 1000);
    });
  }

  override setErrorHandler(_handler: unknown) {
    return this.getInstance().setErrorHandler((error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      sendProblem(error, request, reply);
    });
  }

  override setNotFoundHandler(_handler: unknown) {
    return this.getInstance().setNotFoundHandler((request: FastifyRequest, reply: FastifyReply) => {
      const allowed = this.routes.methodsOf(request.url.split('?')[0]);
      const problem = allowed.length > 0 ? new Problem('method_not_allowed', { members: { allowed } }) : new Problem('not_found');
      sendProblem(problem, request, reply);
    });
  }
}

function readJsonStrictly(instance: FastifyInstance, patienceMs: number): void {
  const parse = instance.getDefaultJsonParser('error', 'error');
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser('application/json', (request, payload, done) => {
    readBody(payload, patienceMs, (failure, body) => {
      if (failure) return done(failure);
      if (body.length === 0) return done(null, undefined);
      try {
        void parse(request, utf8.decode(body), (error, value) => (error ? done(malformed(error)) : done(tooDeep(value), value)));
      } catch (error) {
        done(malformed(error));
      }
    });
  });
}

/** What reads a body level by level has to end; no body that means anything nests so deep. */
const MAX_BODY_DEPTH = 200;

const tooDeep = (value: unknown) =>
  isDeeperThan(value, MAX_BODY_DEPTH)
    ? new Problem('validation_failed', {
        errors: [{ path: '', message: `must not nest more than ${MAX_BODY_DEPTH} levels deep` }],
      })
    : null;

const malformed = (cause: unknown) =>
  new Problem('malformed_json', { detail: cause instanceof Error ? cause.message : undefined, cause });
