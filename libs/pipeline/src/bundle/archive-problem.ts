import { Problem } from '@reenact/contracts';

/** `artifact_malformed` with the entry (`""` for the archive itself) and the reason. */
export function malformed(entry: string, reason: string, cause?: unknown): Problem {
  const detail = entry === '' ? reason : `${entry}: ${reason}`;
  return new Problem('artifact_malformed', { detail, members: { entry, reason }, cause });
}

/** `artifact_too_large` with the name of the limit and its value. */
export function tooLarge(limit: string, max: number): Problem {
  return new Problem('artifact_too_large', { detail: `the artifact passes ${limit} = ${max}`, members: { limit, max } });
}

/** `artifact_type_mismatch` saying what the bytes are. */
export function typeMismatch(declared: string, found: string): Problem {
  return new Problem('artifact_type_mismatch', {
    detail: `the bytes are ${found}, not ${declared}`,
    members: { declared, found },
  });
}
