import { canonicalJson, type Posture } from '@reenact/contracts';

/** True when two postures say the same, member by member; the order of keys does not matter. */
export function samePosture(a: Posture, b: Posture): boolean {
  return canonicalJson(a) === canonicalJson(b);
}
