import { Controller, Get, Req } from '@nestjs/common';
import { listSigningKeys, type SignedKeySet } from '@reenact/contracts';
import { RpcClient } from '@reenact/messaging';
import type { FastifyRequest } from 'fastify';
import { agentOf } from '../http/agent-request.js';

@Controller('api/v1/agents/:agentId/signing-keys')
export class ReadSigningKeysController {
  constructor(private readonly rpc: RpcClient) {}

  @Get()
  read(@Req() request: FastifyRequest): Promise<SignedKeySet> {
    const { agent, context } = agentOf(request);
    return this.rpc.call(listSigningKeys, { orgId: agent.orgId }, context);
  }
}
