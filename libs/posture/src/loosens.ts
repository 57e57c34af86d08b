import { durationMs, type Freeze, type Posture, TIERS } from '@reenact/contracts';
import { resolveCapability } from './resolve-capability.js';
import { strictness } from './strictness.js';

/**
 * The names of what a change loosens, empty when it only tightens. `maxConcurrentExecutes` does not count; a shorter retention
 * does, because evidence is lost sooner. With `now`, freezes that are over by then do not count.
 */
export function loosens(before: Posture, after: Posture, now?: Date): string[] {
  const names: string[] = [];
  const check = (name: string, loosened: boolean) => {
    if (loosened) names.push(name);
  };
  check('tier', TIERS.indexOf(after.tier) < TIERS.indexOf(before.tier));
  for (const mode of ['dryRun', 'execute', 'otherVersion'] as const) {
    check(`replay.${mode}`, strictness(after.replay[mode]) < strictness(before.replay[mode]));
  }
  check('requireDryRun', before.requireDryRun && !after.requireDryRun);
  check('dryRunMaxAge', durationMs(after.dryRunMaxAge) > durationMs(before.dryRunMaxAge));
  check('approval.approvers', after.approval.approvers < before.approval.approvers);
  check('approval.maxTtl', durationMs(after.approval.maxTtl) > durationMs(before.approval.maxTtl));
  for (const key of capabilityKeys(before, after)) check(`capabilities.${key}`, loosensCapability(before, after, key));
  check('freezes', !covers(after.freezes, before.freezes, now));
  check('retention.artifacts', durationMs(after.retention.artifacts) < durationMs(before.retention.artifacts));
  return names;
}

function capabilityKeys(before: Posture, after: Posture): string[] {
  return [...new Set([...Object.keys(before.capabilities), ...Object.keys(after.capabilities)])].sort();
}

// A wildcard is compared by a capability that only it can match. Where no key spoke before, replay.execute ruled alone, and it
// still has its say: a new key can only add strictness then.
function loosensCapability(before: Posture, after: Posture, key: string): boolean {
  const example = key.replace('*', '\0');
  const was = resolveCapability(before, example);
  return was.key !== 'replay.execute' && strictness(resolveCapability(after, example).decision) < strictness(was.decision);
}

/** True when every moment frozen by `needed` (from `now` on) is frozen by `freezes` too. */
function covers(freezes: readonly Freeze[], needed: readonly Freeze[], now?: Date): boolean {
  const intervals = freezes.map(interval).sort((a, b) => a.from - b.from);
  return needed.map(interval).every(({ from, to }) => {
    let covered = Math.max(from, now?.getTime() ?? from);
    for (const next of intervals) if (next.from <= covered && next.to > covered) covered = next.to;
    return covered >= to;
  });
}

function interval({ from, to }: Freeze): { from: number; to: number } {
  return { from: Date.parse(from), to: Date.parse(to) };
}
