import type { Posture, Tier } from '@reenact/contracts';

/** The posture that an environment of the tier begins with: dev allows everything, staging and prod ask for a dry run and an approval. */
export function defaultPosture(tier: Tier): Posture {
  const guarded = isGuarded(tier);
  return {
    tier,
    replay: {
      dryRun: 'allow',
      execute: guarded ? 'require_approval' : 'allow',
      otherVersion: guarded ? 'require_approval' : 'allow',
    },
    requireDryRun: guarded,
    dryRunMaxAge: 'PT24H',
    approval: { approvers: 1, maxTtl: 'PT4H' },
    capabilities: {},
    freezes: [],
    maxConcurrentExecutes: 1,
    retention: { artifacts: 'P90D' },
  };
}

/** True for tiers in which nobody loosens a posture alone. */
export function isGuarded(tier: Tier): boolean {
  return tier !== 'dev';
}
