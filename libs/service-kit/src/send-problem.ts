import { Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { takeRest } from './take-rest.js';
import { toProblem } from './to-problem.js';

const logger = new Logger('Http');

/** Answers a request with `application/problem+json`. Errors that are nobody's fault outside are logged with their cause. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = toProblem(error);
  if (problem.status >= 500 && problem.code !== 'try_later')
    logger.error(`${request.method} ${pathOf(request)}: ${describe(problem.cause ?? problem)}`);
  if (reply.sent || reply.raw.headersSent) {
    // Too late for an answer: the caller must not take what it has for all of it.
    reply.raw.destroy();
    return;
  }
  // Errors of the framework itself come before our hooks.
  reply.header('x-request-id', request.id);
  const { retryAfterSeconds, allowed } = problem.options.members ?? {};
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="reenact"');
  if (typeof retryAfterSeconds === 'number') reply.header('retry-after', String(Math.ceil(retryAfterSeconds)));
  else if (problem.status === 503 || problem.status === 429) reply.header('retry-after', '1');
  if (problem.status === 405 && Array.isArray(allowed)) reply.header('allow', allowed.join(', '));
  // The body may not have been read: nothing more is taken from this connection, least of all from a sender who is slow.
  if (problem.code === 'body_too_large') reply.header('connection', 'close');
  const answer = () =>
    void reply
      .status(problem.status)
      .header('content-type', 'application/problem+json')
      .send(JSON.stringify(problem.toDocument(request.id)));
  if (reply.getHeader('connection') === 'close' && problem.code !== 'request_timeout') takeRest(request.raw, answer);
  else answer();
}

/** Query strings may hold what people typed; only the path is logged. */
function pathOf(request: FastifyRequest): string {
  return request.url.split('?')[0];
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
