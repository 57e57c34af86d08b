import { isRejectionCode, type Problem, type RejectionCode } from '@reenact/contracts';
import { CredentialError } from '@reenact/credentials';

/** The run must not start, or not go on: why. */
export class Refused extends Error {
  override readonly name = 'Refused';

  constructor(
    readonly codes: RejectionCode[],
    detail: string,
    readonly options: { unconfirmed?: boolean } = {},
  ) {
    super(detail);
  }
}

/** Why it was refused, as a sentence. */
export function saidOf({ message }: Refused): string {
  const sentence = `${message.slice(0, 1).toUpperCase()}${message.slice(1)}`;
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}

/** Throws Refused when there are codes. */
export function refuseFor(codes: RejectionCode[], detail: string): void {
  if (codes.length > 0) throw new Refused(codes, `${detail}: ${codes.join(', ')}`);
}

/** The refusal that a problem which waiting does not change amounts to. */
export function refusalOf(problem: Problem): Refused {
  return new Refused([codeOf(problem)], problem.message);
}

function codeOf({ code }: Problem): RejectionCode {
  if (isRejectionCode(code)) return code;
  switch (code) {
    case 'digest_mismatch':
      return 'artifact_quarantined';
    case 'artifact_malformed':
    case 'artifact_too_large':
    case 'not_found':
      return 'artifact_not_replayable';
    case 'spec_invalid':
      return 'spec_hash_unresolved';
    default:
      return 'plan_mismatch';
  }
}

/** The refusal that a credential or key set which does not hold amounts to. */
export function credentialRefusal(error: unknown): Refused {
  if (!(error instanceof CredentialError)) throw error;
  const code = error.fault === 'key_unknown' ? 'approval_key_unknown' : 'approval_signature_invalid';
  return new Refused([code], error.message);
}
