import type { Decision, Freeze, Posture, RejectionCode, ReplayMode } from '@reenact/contracts';
import { type CapabilityDecision, resolveCapability } from './resolve-capability.js';
import { deniesExecute, strictest } from './strictness.js';

export interface DecideInput {
  posture: Posture;
  mode: ReplayMode;
  /** The replay runs another version than the one that the spec hash names. */
  otherVersion: boolean;
  /** Of the plan, `<kind>:<target>`; looked at for execute only. */
  capabilities: readonly string[];
  now: Date;
}

export interface PostureDecision {
  /** For execute, `dry_run_only` denies as `deny` does. */
  decision: Decision;
  /** Why it is denied, every reason; empty when it is not. */
  codes: RejectionCode[];
  /** The freeze that holds now, for execute. */
  frozen?: Freeze;
  /** What was said of each capability; empty for a dry run. */
  capabilities: CapabilityDecision[];
  needsApproval: boolean;
  needsDryRun: boolean;
}

/** What the posture says of a replay. The strictest of everything that concerns it wins, and a freeze denies every execute. */
export function decide(input: DecideInput): PostureDecision {
  return input.mode === 'dry_run' ? decideDryRun(input) : decideExecute(input);
}

// A dry run performs nothing, so of `otherVersion` only `deny` concerns it: were `require_approval` to ask for an approval
// here, the stricter `dry_run_only` would have to as well, and would contradict its name.
function decideDryRun({ posture, otherVersion }: DecideInput): PostureDecision {
  const overrideDenied = otherVersion && posture.replay.otherVersion === 'deny';
  const decision = overrideDenied ? 'deny' : posture.replay.dryRun;
  const codes: RejectionCode[] = [];
  if (posture.replay.dryRun === 'deny') codes.push('posture_denies_dry_run');
  if (overrideDenied) codes.push('version_override_denied');
  return { decision, codes, capabilities: [], needsApproval: decision === 'require_approval', needsDryRun: false };
}

function decideExecute({ posture, otherVersion, capabilities: asked, now }: DecideInput): PostureDecision {
  const { execute } = posture.replay;
  const override: Decision = otherVersion ? posture.replay.otherVersion : 'allow';
  const capabilities = asked.map((capability) => resolveCapability(posture, capability));
  const frozen = freezeAt(posture, now);
  const decision = frozen ? 'deny' : strictest(execute, override, ...capabilities.map((capability) => capability.decision));
  const codes: RejectionCode[] = [];
  if (frozen) codes.push('environment_frozen');
  if (deniesExecute(execute)) codes.push('posture_denies_execute');
  if (deniesExecute(override)) codes.push('version_override_denied');
  // A capability that no key names repeats replay.execute, which has its own code.
  if (capabilities.some(({ decision, key }) => key !== 'replay.execute' && deniesExecute(decision)))
    codes.push('capability_denied');
  return {
    decision,
    codes,
    ...(frozen && { frozen }),
    capabilities,
    needsApproval: decision === 'require_approval',
    needsDryRun: posture.requireDryRun,
  };
}

/** The freeze that holds at a time (`from` inclusive, `to` exclusive); of several the one that ends last. */
export function freezeAt(posture: Posture, now: Date): Freeze | undefined {
  return posture.freezes
    .filter(({ from, to }) => Date.parse(from) <= now.getTime() && now.getTime() < Date.parse(to))
    .sort((a, b) => Date.parse(b.to) - Date.parse(a.to))[0];
}
