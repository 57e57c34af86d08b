import { Body, Controller, Delete, HttpCode, Param, Post, Req } from '@nestjs/common';
import {
  type AgentKey,
  canonicalSha256,
  type IdempotencyClaim,
  isId,
  issueKey,
  KEY_SCOPES,
  type KeyScope,
  OneOf,
  Problem,
  revokeKey,
  validate,
} from '@reenact/contracts';
import { RpcClient } from '@reenact/messaging';
import { idempotencyKeyOf } from '@reenact/service-kit';
import type { FastifyRequest } from 'fastify';
import { KeyVerifier } from '../authenticate-agent/key-verifier.js';
import { agentOf } from '../http/agent-request.js';

class RotateBody {
  @OneOf(KEY_SCOPES, { array: true, optional: true }) scopes?: KeyScope[];
}

@Controller('api/v1/agents/:agentId/keys')
export class ManageKeysController {
  constructor(
    private readonly rpc: RpcClient,
    private readonly keys: KeyVerifier,
  ) {}

  /** A further key, with no scope that the key at hand lacks. That one stays, so that a lost answer locks nobody out. */
  @Post()
  @HttpCode(201)
  async rotate(@Req() request: FastifyRequest, @Body() body: unknown): Promise<AgentKey & { keyId: string; apiKey: string }> {
    const { agent, context } = agentOf(request);
    const { scopes = agent.scopes } = validate(RotateBody, body ?? {}, { unknownFields: 'refuse' });
    const missing = scopes.find((scope) => !agent.scopes.includes(scope));
    if (missing) throw new Problem('scope_missing', { members: { requiredScope: missing } });
    const { agentId, keyId: callerKeyId } = agent;
    const idempotency = idempotencyOf(request, agentId, scopes);
    const { key, apiKey } = await this.rpc.call(
      issueKey,
      { agentId, scopes, callerKeyId, ...(idempotency && { idempotency }) },
      context,
    );
    // Of a repeated request: the secret of the first answer opens nothing any more.
    this.keys.forget({ keyId: key.id });
    return { ...key, keyId: key.id, apiKey };
  }

  @Delete(':keyId')
  @HttpCode(204)
  async revoke(@Req() request: FastifyRequest, @Param('keyId') keyId: string): Promise<void> {
    const { agent, context } = agentOf(request);
    if (!isId('key', keyId)) throw new Problem('not_found');
    await this.rpc.call(revokeKey, { agentId: agent.agentId, keyId }, context);
    this.keys.forget({ keyId });
  }
}

function idempotencyOf(request: FastifyRequest, agentId: string, scopes: KeyScope[]): IdempotencyClaim | undefined {
  const key = idempotencyKeyOf(request);
  if (key === undefined) return undefined;
  return { caller: agentId, route: 'POST agents/:agentId/keys', key, requestHash: canonicalSha256({ scopes }) };
}
