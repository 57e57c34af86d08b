import { createHash } from 'node:crypto';
import { canonicalJson } from '@reenact/contracts';

/** What an effect is called by, whatever replay does it. */
export interface EffectName {
  projectId: string;
  /** Name of the pipeline. */
  pipeline: string;
  streamId: string;
  offset: number;
  stage: string;
  n: number;
  /** Makes another effect of it: given when a replay does things again on purpose. */
  salt?: string;
}

/** `rn1_` + base64url(sha256(JCS([projectId, pipeline, streamId, offset, stage, n]))), with the salt as last item where there is one. */
export function idempotencyKey({ projectId, pipeline, streamId, offset, stage, n, salt }: EffectName): string {
  const parts = [projectId, pipeline, streamId, offset, stage, n, ...(salt === undefined ? [] : [salt])];
  return `rn1_${createHash('sha256').update(canonicalJson(parts)).digest('base64url')}`;
}
