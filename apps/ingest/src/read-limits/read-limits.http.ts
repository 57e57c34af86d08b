import { Controller, Get, Inject, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AuthenticateAgentHandler } from '../authenticate-agent/authenticate-agent.handler.js';
import { type IngestLimits, limitsDocument } from '../domain/limits.js';
import { LIMITS } from '../ingest.tokens.js';

@Controller('api/v1/limits')
export class ReadLimitsController {
  constructor(
    @Inject(LIMITS) private readonly limits: IngestLimits,
    private readonly authentication: AuthenticateAgentHandler,
  ) {}

  /** Those of the environment for a good agent key; for everyone else what holds where an environment says nothing. */
  @Get()
  async read(@Req() { headers }: FastifyRequest): Promise<object> {
    const agent = await this.authentication.find(headers.authorization);
    return limitsDocument(this.limits, agent?.artifactLimits);
  }
}
