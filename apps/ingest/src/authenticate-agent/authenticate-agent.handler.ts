import { Injectable } from '@nestjs/common';
import { isId, type KeyScope, Problem, type VerifiedKey } from '@reenact/contracts';
import { secretHash } from '@reenact/credentials';
import { bearerSecret } from '../domain/bearer.js';
import type { AgentPrincipal } from '../domain/principal.js';
import { RecordKeyUsesHandler } from '../record-key-uses/record-key-uses.handler.js';
import { KeyVerifier } from './key-verifier.js';

export interface AgentCall {
  authorization: string | undefined;
  /** As the path has it. */
  agentId: string;
  /** Undefined: any key of the agent will do. */
  scope: KeyScope | undefined;
}

const REFUSED = {
  unknown: 'credential_invalid',
  revoked: 'credential_revoked',
  expired: 'credential_expired',
  agent_disabled: 'agent_disabled',
} as const;

@Injectable()
export class AuthenticateAgentHandler {
  constructor(
    private readonly keys: KeyVerifier,
    private readonly uses: RecordKeyUsesHandler,
  ) {}

  /** Who calls. Throws in the order 401, 404, 403; `verified` is told of a key that is good, even if the call is not its. */
  async authenticate(call: AgentCall, verified: (principal: AgentPrincipal) => void): Promise<AgentPrincipal> {
    const key = await this.keys.verify(secretHash(bearerSecret(call.authorization, 'agent_key')));
    if (key.outcome !== 'valid' && key.outcome !== 'agent_disabled') throw new Problem(REFUSED[key.outcome]);
    const principal = principalOf(key);
    if (principal) verified(principal);
    if (!isId('agent', call.agentId)) throw new Problem('not_found');
    if (key.outcome === 'agent_disabled') throw new Problem('agent_disabled');
    if (!principal) throw new Problem('try_later', { detail: 'The key cannot be checked now' });
    if (principal.agentId !== call.agentId) throw new Problem('agent_mismatch');
    if (call.scope !== undefined && !principal.scopes.includes(call.scope)) {
      throw new Problem('scope_missing', { members: { requiredScope: call.scope } });
    }
    this.uses.note(principal);
    return principal;
  }

  /** Who calls where a key is no condition: nobody for one that is not good. Throws `try_later`. */
  async find(authorization: string | undefined): Promise<AgentPrincipal | undefined> {
    if (authorization === undefined) return undefined;
    let secret: string;
    try {
      secret = bearerSecret(authorization, 'agent_key');
    } catch {
      return undefined;
    }
    const key = await this.keys.verify(secretHash(secret));
    return key.outcome === 'valid' ? principalOf(key) : undefined;
  }
}

function principalOf({
  keyId,
  agentId,
  orgId,
  projectId,
  environmentId,
  scopes,
  artifactLimits,
}: VerifiedKey): AgentPrincipal | undefined {
  if (!keyId || !agentId || !orgId || !projectId || !environmentId) return undefined;
  return { keyId, agentId, orgId, projectId, environmentId, scopes: scopes ?? [], ...(artifactLimits && { artifactLimits }) };
}
