import { Body, Controller, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { type CallContext, Labels, newUuid, Text, validate } from '@reenact/contracts';
import { parseSecret } from '@reenact/credentials';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FailedAuthentications } from '../authenticate-agent/failed-authentications.js';
import { bearerSecret } from '../domain/bearer.js';
import { RateLimits } from '../limit-rates/rate-limits.js';
import { type EnrolAnswer, EnrolAgentHandler, type EnvironmentPath } from './enrol-agent.handler.js';

class EnrolNonce {
  @Text({ min: 8, max: 128, optional: true }) nonce?: string;
}

class EnrolBody extends EnrolNonce {
  @Text({ min: 1, max: 200, optional: true }) name?: string;
  @Labels({ optional: true }) labels?: Record<string, string>;
}

@Controller('api/v1/orgs/:organisation/projects/:project/environments/:environment/agents')
export class EnrolAgentController {
  constructor(
    private readonly handler: EnrolAgentHandler,
    private readonly rates: RateLimits,
    private readonly failures: FailedAuthentications,
  ) {}

  @Post()
  @HttpCode(201)
  async enrol(
    @Param() path: EnvironmentPath,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<EnrolAnswer> {
    const token = bearerSecret(request.headers.authorization, 'enrolment_token');
    const context: CallContext = {
      actor: { kind: 'token', id: parseSecret(token)?.id ?? '' },
      correlationId: newUuid(),
      requestId: request.id,
    };
    const judged = async (error: unknown) => Promise.reject(await this.failures.judge(error, request, reply));
    // Whoever has no token of ours learns nothing of the path, and takes nothing from those who have one.
    await this.handler.verify(token, nonceOf(body), context).catch(judged);
    const environmentId = await this.handler.resolve(path, context);
    await this.rates.takeEnrolment(environmentId, reply);
    const wanted = validate(EnrolBody, body ?? {}, { unknownFields: 'refuse' });
    return this.handler.enrol(token, environmentId, wanted, context).catch(judged);
  }
}

/** Undefined for one that is refused later. */
function nonceOf(body: unknown): string | undefined {
  try {
    return validate(EnrolNonce, body ?? {}, { unknownFields: 'drop' }).nonce;
  } catch {
    return undefined;
  }
}
