import { Inject, Injectable } from '@nestjs/common';
import {
  type CallContext,
  type EnrolAgent,
  type EnrolledAgent,
  enrolAgent,
  Problem,
  resolvePath,
  verifyEnrolment,
} from '@reenact/contracts';
import { secretHash } from '@reenact/credentials';
import { RpcClient } from '@reenact/messaging';
import { type IngestLimits, limitsDocument } from '../domain/limits.js';
import { LIMITS } from '../ingest.tokens.js';

/** Ids or slugs. */
export interface EnvironmentPath {
  organisation: string;
  project: string;
  environment: string;
}

export interface EnrolAnswer extends EnrolledAgent {
  limits: object;
}

@Injectable()
export class EnrolAgentHandler {
  constructor(
    private readonly rpc: RpcClient,
    @Inject(LIMITS) private readonly limits: IngestLimits,
  ) {}

  /** Before anything else of the call is looked at. Throws the credential's problem. */
  async verify(token: string, nonce: string | undefined, context: CallContext): Promise<void> {
    await this.rpc.call(verifyEnrolment, { tokenHash: secretHash(token), ...(nonce !== undefined && { nonce }) }, context);
  }

  async resolve({ organisation, project, environment }: EnvironmentPath, context: CallContext): Promise<string> {
    // A name that no slug has is longer than the request takes.
    if ([organisation, project, environment].some((part) => part.length > 64)) throw new Problem('not_found');
    const { environmentId } = await this.rpc.call(resolvePath, { organisation, project, environment }, context);
    if (environmentId === undefined) throw new Problem('not_found');
    return environmentId;
  }

  async enrol(
    token: string,
    environmentId: string,
    body: Pick<EnrolAgent, 'name' | 'labels' | 'nonce'>,
    context: CallContext,
  ): Promise<EnrolAnswer> {
    const enrolled = await this.rpc.call(enrolAgent, { tokenHash: secretHash(token), environmentId, ...body }, context);
    const { agentId, apiKey, artifactLimits } = enrolled;
    return { agentId, apiKey, environmentId: enrolled.environmentId, limits: limitsDocument(this.limits, artifactLimits) };
  }
}
