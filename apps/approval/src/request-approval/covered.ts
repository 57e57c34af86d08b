import {
  type Artifact,
  type CallContext,
  openArtifact,
  Problem,
  type RequestApproval,
  readDryRun,
  readVersion,
} from '@reenact/contracts';
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
  | 'planActions'
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
    planActions: header.actions,
    capabilities: header.capabilities,
  };
}

/** The artifact that a dry run is to open. Throws `validation_failed` when there is none. */
export async function coverArtifact(
  rpc: RpcClient,
  { artifactId, selection, versionId }: RequestApproval & { artifactId: string },
  context: CallContext,
): Promise<Covered> {
  const { artifact } = await rpc.call(openArtifact, { artifactId }, context).catch(asUnknown('/artifactId', 'names no artifact'));
  const runSpecHash = await runSpecHashOf(rpc, artifact, versionId, context);
  return {
    orgId: artifact.orgId,
    projectId: artifact.projectId,
    environmentId: artifact.environmentId,
    artifactId,
    artifactSha256: artifact.sha256,
    specHash: artifact.specHash ?? null,
    runSpecHash,
    ...(selection && { selection: { ...selection } }),
    capabilities: [],
  };
}

/** The recorded spec, or that of another version of the same project. */
async function runSpecHashOf(
  rpc: RpcClient,
  { projectId, specHash }: Pick<Artifact, 'projectId' | 'specHash'>,
  versionId: string | undefined,
  context: CallContext,
): Promise<string | null> {
  if (versionId === undefined) return specHash ?? null;
  const unknown = asUnknown('/versionId', 'names no version of the project');
  const version = await rpc.call(readVersion, { versionId }, context).catch(unknown);
  return version.projectId === projectId ? version.specHash : unknown(new Problem('not_found'));
}

/** What is not found is a field that is wrong. */
function asUnknown(path: string, message: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof Problem) || error.code !== 'not_found') throw error;
    throw new Problem('validation_failed', { errors: [{ path, message }] });
  };
}
