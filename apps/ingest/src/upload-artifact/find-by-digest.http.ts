import { Controller, Get, Param, Req } from '@nestjs/common';
import { type Artifact, Problem, SHA256_PATTERN } from '@reenact/contracts';
import { UnitOfWork } from '@reenact/persistence';
import type { FastifyRequest } from 'fastify';
import { agentOf } from '../http/agent-request.js';
import { toArtifact } from '../domain/artifact-row.js';
import { ArtifactStore } from '../store/artifact.store.js';

/** Whether an upload can be left out. Sees the agent's own records only, so that nobody learns what others have. */
@Controller('api/v1/agents/:agentId/artifacts/by-digest')
export class FindByDigestController {
  constructor(
    private readonly artifacts: ArtifactStore,
    private readonly work: UnitOfWork,
  ) {}

  @Get(':digest')
  async find(@Req() request: FastifyRequest, @Param('digest') digest: string): Promise<Artifact> {
    const { agent } = agentOf(request);
    const sha256 = /^[0-9a-f]{64}$/.test(digest) ? `sha256:${digest}` : digest;
    const row = SHA256_PATTERN.test(sha256) ? await this.artifacts.findOfAgent(this.work, agent.agentId, sha256) : undefined;
    if (!row) throw new Problem('not_found');
    return toArtifact(row);
  }
}
