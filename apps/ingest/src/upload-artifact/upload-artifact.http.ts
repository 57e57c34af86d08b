import { Controller, Inject, Post, Req, Res } from '@nestjs/common';
import { type CallContext, Problem } from '@reenact/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { artifactLimitsOf, type IngestLimits } from '../domain/limits.js';
import type { AgentPrincipal } from '../domain/principal.js';
import type { UploadPatience } from '../domain/upload-patience.js';
import { agentOf } from '../http/agent-request.js';
import { LIMITS, UPLOAD_PATIENCE } from '../ingest.tokens.js';
import { RateLimits } from '../limit-rates/rate-limits.js';
import { BodyWatch } from './body-watch.js';
import { formProblem, readUpload } from './read-upload.js';
import type { UploadAnswer } from './record-uploads.js';
import { UploadArtifactHandler } from './upload-artifact.handler.js';

@Controller('api/v1/agents/:agentId/artifacts')
export class UploadArtifactController {
  constructor(
    private readonly handler: UploadArtifactHandler,
    private readonly rates: RateLimits,
    @Inject(LIMITS) private readonly limits: IngestLimits,
    @Inject(UPLOAD_PATIENCE) private readonly patience: UploadPatience,
  ) {}

  @Post()
  async upload(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<UploadAnswer> {
    const { agent, context } = agentOf(request);
    const declared = request.headers['content-length'];
    const running = await this.rates.takeUpload(agent.agentId, declared === undefined ? undefined : Number(declared), reply);
    let watch: BodyWatch | undefined;
    try {
      // Nothing more would be heard of a sender that left while the limits were asked.
      if (request.isMultipart() && request.raw.destroyed) throw new Problem('upload_incomplete');
      watch = new BodyWatch(request.raw, artifactLimitsOf(this.limits, agent.artifactLimits).maxBytes, this.patience, running);
      const answer = await Promise.race([this.receive(request, watch, agent, context), watch.failure]);
      void reply.status(answer.deduplicated ? 200 : 201);
      return answer;
    } catch (error) {
      // What is still on its way goes nowhere, so that the sender gets to read the answer.
      request.raw.unpipe();
      request.raw.resume();
      throw formProblem(error);
    } finally {
      watch?.end();
      await running.end(watch?.bytes ?? 0);
    }
  }

  private async receive(
    request: FastifyRequest,
    watch: BodyWatch,
    agent: AgentPrincipal,
    context: CallContext,
  ): Promise<UploadAnswer> {
    const upload = await readUpload(request, watch);
    // Whoever waits for more of a file whose sender was cut off is told so.
    watch.failure.catch((problem: Problem) => upload.file.destroy(problem));
    return this.handler.upload(agent, upload, context);
  }
}
