import { type CallContext, openArtifact, Problem, type RequestApproval, readDryRun } from '@reenact/contracts';
import type { RpcClient } from '@reenact/messaging';
import type { ApprovalRecord } from '../domain/approval.js';

/** What an approval covers: read from its owners, never taken from the request. */
export type Covered = Pick<
  ApprovalRecord,
  | 'orgId'
  | 'projectId'
  | 'environmentId'
  | 'artifactId'
  | 'artifactSha256'
  | 'specHash'
  | 'runSpecHash'
  | 'dryRunId'
  | 'planDigest'
  | 'selection'
  | 'capabilities'
>;

/** The plan of a dry run that succeeded. Throws `dry_run_not_succeeded`. */
export async function coverPlan(rpc: RpcClient, dryRunId: string, context: CallContext): Promise<Covered> {
  const { dryRun } = await rpc.call(readDryRun, { replayId: dryRunId }, context);
  if (dryRun?.state !== 'succeeded' || !dryRun.header || dryRun.planDigest === undefined) {
    throw new Problem('dry_run_not_succeeded', {
      remedy: 'Wait for its end, or run another dry run',
      members: { state: dryRun?.state ?? null },
    });
  }
  const { orgId, projectId, environmentId, artifactId, artifactSha256, header, planDigest } = dryRun;
  return {
    orgId,
    projectId,
    environmentId,
    artifactId,
    artifactSha256,
    specHash: header.specHash,
    runSpecHash: header.runSpecHash,
    dryRunId,
    planDigest,
    capabilities: header.capabilities,
  };
}

/** The artifact that a dry run is to open. Throws `validation_failed` when there is none. */
export async function coverArtifact(
  rpc: RpcClient,
  { artifactId, selection }: RequestApproval & { artifactId: string },
  context: CallContext,
): Promise<Covered> {
  const { artifact } = await rpc.call(openArtifact, { artifactId }, context).catch((error: unknown) => {
    if (!(error instanceof Problem) || error.code !== 'not_found') throw error;
    throw new Problem('validation_failed', { errors: [{ path: '/artifactId', message: 'names no artifact' }] });
  });
  return {
    orgId: artifact.orgId,
    projectId: artifact.projectId,
    environmentId: artifact.environmentId,
    artifactId,
    artifactSha256: artifact.sha256,
    specHash: artifact.specHash ?? null,
    runSpecHash: artifact.specHash ?? null,
    ...(selection && { selection: { ...selection } }),
    capabilities: [],
  };
}
