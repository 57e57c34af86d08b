import { durationMs, Problem } from '@reenact/contracts';
import { constantTimeEqual } from '@reenact/credentials';

const DEFAULT_TTL = 'PT15M';
const MAX_TTL = 'PT24H';

/** When a token issued now expires. Throws `validation_failed` for a life that is too long, or none. */
export function enrolmentExpiry(now: Date, ttl: string = DEFAULT_TTL): Date {
  const life = durationMs(ttl);
  if (life < 1000 || life > durationMs(MAX_TTL)) {
    throw new Problem('validation_failed', { errors: [{ path: '/ttl', message: `must be a duration from PT1S to ${MAX_TTL}` }] });
  }
  return new Date(now.getTime() + life);
}

export interface EnrolmentState {
  environmentId: string;
  expiresAt: Date;
  /** Of its use, if it was used. */
  agentId?: string;
  nonceHash?: string;
}

/**
 * What a token that was presented is good for: a new agent, or the agent that it made already when its first answer was lost (same
 * nonce). Throws the credential's problem otherwise.
 */
export function judgeEnrolment(
  enrolment: EnrolmentState | undefined,
  presented: { environmentId: string; nonceHash?: string },
  now: Date,
): { again?: string } {
  if (!enrolment || enrolment.environmentId !== presented.environmentId) throw new Problem('credential_invalid');
  const { agentId, nonceHash } = enrolment;
  const again =
    agentId !== undefined &&
    nonceHash !== undefined &&
    presented.nonceHash !== undefined &&
    constantTimeEqual(nonceHash, presented.nonceHash);
  if (agentId !== undefined && !again) throw new Problem('credential_used');
  // A repeat gives a fresh key: past its life even that would make a lasting credential of a token.
  if (enrolment.expiresAt <= now) throw new Problem('credential_expired');
  return again ? { again: agentId } : {};
}
