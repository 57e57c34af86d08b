import { durationMs, type FieldError, Problem, type RequestApproval } from '@reenact/contracts';

/** Throws `validation_failed` for fields that do not go together or cannot be meant. */
export function checkRequest(request: RequestApproval, now: Date): void {
  const errors: FieldError[] = [];
  const wrong = (field: keyof RequestApproval, message: string) => errors.push({ path: `/${field}`, message });
  const plan = request.action === 'replay_execute';
  if (plan && request.dryRunId === undefined) wrong('dryRunId', 'must name the dry run whose plan is to be approved');
  if (!plan && request.artifactId === undefined) wrong('artifactId', 'must name the artifact to open');
  for (const field of plan ? (['artifactId', 'selection', 'versionId'] as const) : (['dryRunId'] as const)) {
    if (request[field] !== undefined) wrong(field, `must be absent for ${request.action}`);
  }
  for (const field of ['ttl', 'decideWithin'] as const) {
    const text = request[field];
    if (text !== undefined && durationMs(text) === 0) wrong(field, 'must be longer than nothing');
  }
  // Counted from an approval that may come at once, it has to begin before it ends.
  if (request.notBefore !== undefined && Date.parse(request.notBefore) >= now.getTime() + durationMs(request.ttl)) {
    wrong('notBefore', 'must lie within ttl from now');
  }
  if (errors.length > 0) throw new Problem('validation_failed', { errors });
}
