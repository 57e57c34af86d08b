import { type CallContext, Problem } from '@reenact/contracts';
import { callContext } from '@reenact/service-kit';
import type { FastifyRequest } from 'fastify';
import type { AgentPrincipal } from '../domain/principal.js';

const principals = new WeakMap<object, AgentPrincipal>();

/** Keeps who calls for the handler of the request, and for the count of refusals. */
export function rememberPrincipal(request: FastifyRequest, principal: AgentPrincipal): void {
  principals.set(request.raw, principal);
}

export function findPrincipal(request: FastifyRequest): AgentPrincipal | undefined {
  return principals.get(request.raw);
}

/** The agent that the hook let in, and the context of what it causes. */
export function agentOf(request: FastifyRequest): { agent: AgentPrincipal; context: CallContext } {
  const agent = principals.get(request.raw);
  // A route that is missing in the table of scopes would come here unauthenticated.
  if (!agent) throw new Problem('credential_missing');
  return { agent, context: callContext(request, { kind: 'agent', id: agent.agentId }) };
}
