import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { refuseQuery } from '@reenact/service-kit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { bearerSecret } from '../domain/bearer.js';
import { rememberPrincipal } from '../http/agent-request.js';
import { ENROLMENT_ROUTE, routeOf, scopeOf } from '../http/agent-route.js';
import { AuthenticateAgentHandler } from './authenticate-agent.handler.js';
import { FailedAuthentications } from './failed-authentications.js';

/** Looks at the credential before anything of the body is read, so that 401 comes before 400 and 415. */
@Injectable()
export class AuthenticateAgentHook {
  constructor(
    host: HttpAdapterHost,
    private readonly handler: AuthenticateAgentHandler,
    private readonly failures: FailedAuthentications,
  ) {
    const instance = host.httpAdapter.getInstance() as FastifyInstance;
    instance.addHook('onRequest', (request, reply) => this.look(request, reply));
  }

  private async look(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const route = routeOf(request);
    const scope = scopeOf(route);
    if (scope === undefined && route !== ENROLMENT_ROUTE) return;
    try {
      if (scope === undefined) bearerSecret(request.headers.authorization, 'enrolment_token');
      else await this.authenticate(request, scope === 'any' ? undefined : scope);
    } catch (error) {
      throw await this.failures.judge(error, request, reply);
    }
    // No call of agents has any.
    refuseQuery(request.query);
  }

  private async authenticate(request: FastifyRequest, scope: Parameters<AuthenticateAgentHandler['authenticate']>[0]['scope']) {
    const { agentId } = request.params as { agentId: string };
    const call = { authorization: request.headers.authorization, agentId, scope };
    await this.handler.authenticate(call, (principal) => rememberPrincipal(request, principal));
  }
}
