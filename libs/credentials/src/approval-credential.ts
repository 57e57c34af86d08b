import type { DsseEnvelope, RejectionCode, SigningKey } from '@reenact/contracts';
import { APPROVAL_PAYLOAD_TYPE, type ApprovalPayload, decodeApprovalPayload, encodeApprovalPayload } from './approval-payload.js';
import { CredentialError } from './credential-error.js';
import { type DsseSigner, signEnvelope, verifyEnvelope } from './dsse.js';
import { publicKeyOf } from './ed25519.js';

/** How far clocks of different machines may be apart before a credential counts as not valid yet. */
const CLOCK_TOLERANCE_MS = 5000;

/** The `use` of keys that sign approvals. */
export const APPROVAL_KEY_USE = 'approval';

/** The signed credential of an approval. */
export function issueApprovalCredential(payload: ApprovalPayload, signer: DsseSigner): DsseEnvelope {
  return signEnvelope(APPROVAL_PAYLOAD_TYPE, encodeApprovalPayload(payload), [signer]);
}

/**
 * The payload of a credential that a key of the set signed while that key was good; retired keys and keys of another use count as unknown.
 * Throws a CredentialError. Bindings and times are judged apart (`bindingFaults`, `timeFaults`).
 */
export function verifyApprovalCredential(envelope: unknown, keys: SigningKey[]): { payload: ApprovalPayload; kid: string } {
  const usable = keys.filter(({ use, status }) => use === APPROVAL_KEY_USE && status !== 'retired');
  const verifiers = usable.map((key) => ({ keyid: key.kid, publicKey: publicKeyOf(key.publicKey) }));
  const { payload: bytes, keyids } = verifyEnvelope(envelope, { payloadType: APPROVAL_PAYLOAD_TYPE, keys: verifiers });
  const payload = decodeApprovalPayload(bytes);
  const issued = Date.parse(payload.issuedAt);
  const key = usable.find(
    ({ kid, notBefore, notAfter }) =>
      keyids.includes(kid) &&
      Date.parse(notBefore) <= issued + CLOCK_TOLERANCE_MS &&
      (notAfter === undefined || issued <= Date.parse(notAfter)),
  );
  if (!key) throw new CredentialError('key_unknown', 'the key was not good when the credential was issued');
  return { payload, kid: key.kid };
}

/** What a run is about to do, for comparison with what was approved. */
export type ApprovalBindings = Omit<
  ApprovalPayload,
  'v' | 'approvalId' | 'approvedBy' | 'notBefore' | 'issuedAt' | 'expiresAt' | 'issuedBy' | 'environmentPosture'
>;

/** Why the credential does not cover this: every reason, none when it does. */
export function bindingFaults(payload: ApprovalPayload, wanted: ApprovalBindings): RejectionCode[] {
  const faults: RejectionCode[] = [];
  const scope = ['action', 'orgId', 'projectId', 'environmentId', 'artifactSha256', 'specHash', 'runSpecHash'] as const;
  if (scope.some((name) => payload[name] !== wanted[name])) faults.push('approval_scope_mismatch');
  if (payload.postureRevision !== wanted.postureRevision) faults.push('posture_changed');
  if (payload.planDigest !== wanted.planDigest) faults.push('plan_mismatch');
  if (wanted.capabilities.some((capability) => !payload.capabilities.includes(capability))) faults.push('capability_denied');
  if (payload.requestedBy !== wanted.requestedBy) faults.push('approval_requester_mismatch');
  return faults;
}

/** Why the credential is not valid at that time: `approval_not_yet_valid` or `approval_expired`, none when it is. */
export function timeFaults(payload: ApprovalPayload, at: Date): RejectionCode[] {
  const now = at.getTime();
  const begins = Math.max(Date.parse(payload.notBefore), Date.parse(payload.issuedAt));
  if (now + CLOCK_TOLERANCE_MS < begins) return ['approval_not_yet_valid'];
  return now >= Date.parse(payload.expiresAt) ? ['approval_expired'] : [];
}
