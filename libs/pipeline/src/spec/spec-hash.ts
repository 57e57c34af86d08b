import { type Sha256, canonicalSha256, sha256 } from '@reenact/contracts';
import type { PipelineSpec } from './spec-model.js';

/** The hash of a JSON spec: over its canonical bytes, so that spacing and member order do not matter. */
export function specHash(spec: PipelineSpec): Sha256 {
  return canonicalSha256(spec);
}

/** The hash of a `.kv` spec: over its bytes as they are. */
export function kvSpecHash(bytes: Uint8Array): Sha256 {
  return sha256(bytes);
}
