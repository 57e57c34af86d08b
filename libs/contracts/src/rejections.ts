export interface RejectionDeclaration {
  title: string;
  /** Who can change it, and how. */
  remedy: string;
}

const rejection = (title: string, remedy: string): RejectionDeclaration => ({ title, remedy });

/** Why a replay is rejected before anything ran: every code, declared once. */
export const REJECTIONS = {
  environment_unresolved: rejection('The source environment cannot be resolved', 'A project admin restores the environment'),
  agent_disabled: rejection('The agent that captured the artifact is disabled', 'A project admin enables the agent'),
  posture_denies_dry_run: rejection('The posture denies dry runs', 'A project admin changes the posture'),
  posture_denies_execute: rejection('The posture denies execute mode', 'A project admin changes the posture'),
  posture_changed: rejection(
    'The posture changed since the check, or since the approval was requested',
    'Ask again under the posture of now, with another approval where it needs one',
  ),
  environment_frozen: rejection(
    'The environment is frozen, or its execution was stopped',
    'Wait for the end of the freeze or stop and ask again, or a project admin lifts it',
  ),
  environment_busy: rejection(
    'Every execute slot of the environment is taken',
    'Wait for the running replay to end and ask again',
  ),
  artifact_not_replayable: rejection('The artifact cannot be replayed', 'Capture a bundle with a journal'),
  artifact_quarantined: rejection('The stored bytes no longer match their digest', 'Upload the evidence again'),
  spec_hash_missing: rejection('The bundle names no spec hash', 'Capture a bundle that carries its spec'),
  spec_hash_unresolved: rejection(
    'No registered version has the spec hash of the bundle',
    'A project admin registers the version that ran',
  ),
  version_retired: rejection('The pipeline version is retired', 'A project admin registers it again'),
  version_other_pipeline: rejection('The version asked for belongs to another pipeline', 'Name a version of the same pipeline'),
  version_override_denied: rejection('The posture denies another version', 'Replay with the version that ran'),
  dry_run_missing: rejection('No dry run of this environment is named', 'Run a dry run and name it as dryRunId'),
  dry_run_failed: rejection('The dry run named has not succeeded', 'Run another dry run'),
  dry_run_stale: rejection('The dry run is too old', 'Run another dry run'),
  plan_mismatch: rejection('The plan is not the one of the dry run', 'Run another dry run'),
  plan_too_large: rejection('The plan passes a limit', 'Select fewer records'),
  plan_engine_unknown: rejection('The plan was made by an engine that is gone', 'Run another dry run'),
  approval_missing: rejection('The posture requires an approval', 'Request approval of the dry run; another person decides'),
  approval_pending: rejection('The approval is not decided yet', 'Wait for the decision and ask again'),
  approval_denied: rejection('The approval was denied', 'Request another approval'),
  approval_expired: rejection('The approval has expired', 'Request another approval'),
  approval_revoked: rejection('The approval was revoked', 'Request another approval'),
  approval_not_yet_valid: rejection('The approval is not valid yet', 'Wait until its not-before and ask again'),
  approval_used: rejection(
    'The approval was used already',
    'Another dry run shows what is left to do; request approval of that one',
  ),
  approval_scope_mismatch: rejection('The approval covers something else', 'Request approval of this dry run'),
  approval_requester_mismatch: rejection('The approval was requested by another person', 'Its requester executes it'),
  approval_key_unknown: rejection('The credential is signed with an unknown key', 'Request another approval'),
  approval_signature_invalid: rejection(
    "The credential's signature does not hold",
    'Request another approval, and tell security',
  ),
  capability_denied: rejection('The posture denies a capability of the plan', 'A project admin changes the posture'),
  target_unknown: rejection('The environment lacks a target of the plan', 'A project admin adds the target'),
  target_changed: rejection('A target was changed since the plan', 'Run another dry run'),
  start_by_passed: rejection('It was not started in time', 'Ask again'),
} as const satisfies Record<string, RejectionDeclaration>;

export type RejectionCode = keyof typeof REJECTIONS;

export function isRejectionCode(code: unknown): code is RejectionCode {
  return typeof code === 'string' && Object.hasOwn(REJECTIONS, code);
}
