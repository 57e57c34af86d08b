import type { Decision, Posture } from '@reenact/contracts';

/** What the posture says of one capability, and the key that said it (`replay.execute` when no key matches). */
export interface CapabilityDecision {
  capability: string;
  decision: Decision;
  key: string;
}

/** The most specific key decides: the exact one, `<kind>:*`, `*`, and without any `replay.execute`. */
export function resolveCapability(posture: Posture, capability: string): CapabilityDecision {
  const kind = capability.split(':', 1)[0];
  for (const key of [capability, `${kind}:*`, '*']) {
    if (Object.hasOwn(posture.capabilities, key)) return { capability, decision: posture.capabilities[key], key };
  }
  return { capability, decision: posture.replay.execute, key: 'replay.execute' };
}
