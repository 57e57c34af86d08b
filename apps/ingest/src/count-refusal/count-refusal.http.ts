import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { isId } from '@reenact/contracts';
import { parseSecret } from '@reenact/credentials';
import { Clock, Metrics } from '@reenact/service-kit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { bearerSecret } from '../domain/bearer.js';
import { findPrincipal } from '../http/agent-request.js';
import { ENROLMENT_ROUTE, routeOf, scopeOf } from '../http/agent-route.js';
import { RefusalTally } from './refusal-tally.js';

const COUNTED = new Set([401, 403, 413, 415, 422, 429]);

/** Counts what agents were refused, by the answer that they got. */
@Injectable()
export class CountRefusalHook {
  constructor(
    host: HttpAdapterHost,
    private readonly tally: RefusalTally,
    private readonly clock: Clock,
    private readonly metrics: Metrics,
  ) {
    const instance = host.httpAdapter.getInstance() as FastifyInstance;
    instance.addHook('onSend', async (request, reply, payload) => {
      if (COUNTED.has(reply.statusCode) && typeof payload === 'string') this.count(request, reply, payload);
      return payload;
    });
  }

  private count(request: FastifyRequest, reply: FastifyReply, payload: string): void {
    const route = routeOf(request);
    if (scopeOf(route) === undefined && route !== ENROLMENT_ROUTE) return;
    const { code } = JSON.parse(payload) as { code: string };
    const status = reply.statusCode;
    this.metrics.counter('refusals_total', 'Requests of agents that were refused', ['status', 'code']).inc({ status, code });
    const principal = findPrincipal(request);
    const subjectId = principal?.agentId ?? (route === ENROLMENT_ROUTE ? tokenId(request) : agentId(request));
    if (subjectId !== undefined) this.tally.count({ subjectId, principal, status, code }, this.clock.now());
  }
}

function agentId({ params }: FastifyRequest): string | undefined {
  const { agentId } = params as { agentId: string };
  return isId('agent', agentId) ? agentId : undefined;
}

/** What an enrolment token is known by; its secret goes nowhere. */
function tokenId({ headers }: FastifyRequest): string | undefined {
  try {
    return parseSecret(bearerSecret(headers.authorization, 'enrolment_token'))?.id;
  } catch {
    return undefined;
  }
}
