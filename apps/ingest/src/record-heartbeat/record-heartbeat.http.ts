import { Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { agentOf } from '../http/agent-request.js';
import { RateLimits } from '../limit-rates/rate-limits.js';
import { readHeartbeat } from './heartbeat.body.js';
import { RecordHeartbeatHandler } from './record-heartbeat.handler.js';

@Controller('api/v1/agents/:agentId/heartbeats')
export class RecordHeartbeatController {
  constructor(
    private readonly handler: RecordHeartbeatHandler,
    private readonly rates: RateLimits,
  ) {}

  @Post()
  @HttpCode(202)
  async record(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<{ receivedAt: string }> {
    const { agent, context } = agentOf(request);
    await this.rates.takeHeartbeat(agent.agentId, reply);
    return this.handler.record(agent, readHeartbeat(request.body), context);
  }
}
