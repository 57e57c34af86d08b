/** What messaging does with a message whose handler threw this: dead letter at once, or try again later. */
export type RetryClass = 'never' | 'later';

export interface ProblemDeclaration {
  status: number;
  title: string;
  retry: RetryClass;
}

const problem = (status: number, title: string, retry: RetryClass = 'never'): ProblemDeclaration => ({ status, title, retry });

/** Every problem code of the system, declared once. */
export const PROBLEMS = {
  // Requests
  malformed_json: problem(400, 'The body is not JSON'),
  unknown_query_parameter: problem(400, 'The query has a parameter that this call does not know'),
  invalid_query_parameter: problem(400, 'A query parameter has a value that this call cannot use'),
  organisation_required: problem(400, 'Name the organisation: you belong to more than one'),
  not_found: problem(404, 'There is no such thing, or you may not see it'),
  request_timeout: problem(408, 'The request took too long to arrive', 'later'),
  method_not_allowed: problem(405, 'This path does not know this method'),
  body_too_large: problem(413, 'The body is larger than this call takes'),
  unsupported_media_type: problem(415, 'The body is of a media type that this call does not take'),
  precondition_failed: problem(412, 'It was changed since you read it'),
  precondition_required: problem(428, 'Say which revision you change with If-Match'),
  validation_failed: problem(422, 'The body has fields that are wrong'),
  idempotency_key_reused: problem(422, 'This Idempotency-Key was used with another body'),
  idempotency_key_in_progress: problem(409, 'The first request with this Idempotency-Key is still running', 'later'),
  rate_limited: problem(429, 'Too many requests', 'later'),
  range_not_satisfiable: problem(416, 'The range lies outside of the content'),
  try_later: problem(503, 'A part that is needed does not answer now', 'later'),
  internal: problem(500, 'Something went wrong here', 'later'),
  // Credentials
  credential_missing: problem(401, 'No credential was sent'),
  credential_invalid: problem(401, 'The credential is not one of ours'),
  credential_revoked: problem(401, 'The credential was revoked'),
  credential_expired: problem(401, 'The credential has expired'),
  credential_used: problem(401, 'The credential was used already'),
  credential_kind_mismatch: problem(401, 'This kind of credential does not open this call'),
  scope_missing: problem(403, 'The key lacks the scope that this call needs'),
  agent_mismatch: problem(403, 'The key belongs to another agent'),
  agent_disabled: problem(403, 'The agent is disabled'),
  forbidden: problem(403, 'Your role does not allow this'),
  // Uploads
  artifact_type_mismatch: problem(415, 'The bytes are not of the type that was declared'),
  artifact_malformed: problem(422, 'The artifact breaks the rules of its format'),
  artifact_too_large: problem(413, 'The artifact passes a size limit'),
  digest_mismatch: problem(422, 'The digest is not that of the bytes'),
  metadata_conflict: problem(422, 'The fields contradict the manifest'),
  artifact_identity_mismatch: problem(422, "The manifest's identity is not the caller's"),
  upload_incomplete: problem(422, 'The upload ended before its end'),
  artifact_not_replayable: problem(409, 'The artifact cannot be replayed'),
  // Catalogue
  slug_taken: problem(409, 'The slug is taken'),
  spec_invalid: problem(422, 'The pipeline spec is invalid'),
  spec_hash_unresolved: problem(404, 'No pipeline version has this spec hash'),
  environment_archived: problem(409, 'The environment is archived'),
  target_unknown: problem(404, 'The environment has no such target'),
  target_changed: problem(409, 'The target has another revision now'),
  posture_change_decided: problem(409, 'The posture change was decided already'),
  // Replays
  replay_not_planned: problem(409, 'The replay has no plan or report'),
  replay_ended: problem(409, 'The replay has ended'),
  replay_not_indeterminate: problem(409, 'The replay has nothing to resolve'),
  plan_mismatch: problem(409, 'The plan is not the one that was approved'),
  plan_too_large: problem(422, 'The plan passes a limit'),
  target_refused: problem(422, 'The target address is not allowed'),
  // Approvals
  ttl_too_long: problem(422, 'The posture allows no approval that long'),
  self_approval: problem(403, 'Nobody decides their own request'),
  approval_not_pending: problem(409, 'The approval is not pending'),
  approval_already_decided: problem(409, 'You have decided already'),
  approval_ended: problem(409, 'The approval has ended'),
  approval_not_approved: problem(409, 'The approval is not approved yet'),
  dry_run_not_succeeded: problem(409, 'The dry run has not succeeded'),
  credential_rejected: problem(422, 'The approval credential does not hold'),
  // Audit
  proof_range_invalid: problem(422, 'The log has no such index or size'),
} as const satisfies Record<string, ProblemDeclaration>;

export type ProblemCode = keyof typeof PROBLEMS;
