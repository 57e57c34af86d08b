import { APPROVAL_ACTIONS, type ApprovalAction, canonicalJson, type IdKind, isId, SHA256_PATTERN } from '@reenact/contracts';
import { CredentialError } from './credential-error.js';
import { exactMembers, parseCanonical } from './strict-object.js';

/** Payload type of an approval credential. */
export const APPROVAL_PAYLOAD_TYPE = 'application/vnd.reenact.approval.v1+json';

/** What an approval credential binds. A dry-run approval has no plan yet, so its `planDigest` is null and its hashes may be. */
export interface ApprovalPayload {
  v: 1;
  approvalId: string;
  action: ApprovalAction;
  orgId: string;
  projectId: string;
  environmentId: string;
  /** The tier. */
  environmentPosture: 'dev' | 'staging' | 'prod';
  postureRevision: number;
  artifactSha256: string;
  specHash: string | null;
  runSpecHash: string | null;
  planDigest: string | null;
  /** Sorted, each once. */
  capabilities: string[];
  /** A user's id. */
  requestedBy: string;
  /** Users' ids, sorted, each once, never the requester's. */
  approvedBy: string[];
  notBefore: string;
  issuedAt: string;
  expiresAt: string;
  issuedBy: string;
}

type Rule = (value: unknown) => boolean;

const id =
  (kind: IdKind): Rule =>
  (value) =>
    isId(kind, value);
const text: Rule = (value) => typeof value === 'string' && value.length > 0 && value.length <= 256;
const hash: Rule = (value) => typeof value === 'string' && SHA256_PATTERN.test(value);
const hashOrNull: Rule = (value) => value === null || hash(value);
const time: Rule = (value) =>
  typeof value === 'string' && /^\d{4}(-\d\d){2}T(\d\d:){2}\d\d\.\d{3}Z$/.test(value) && isDate(value);
const sorted =
  (rule: Rule): Rule =>
  (value) =>
    Array.isArray(value) &&
    value.length <= 1000 &&
    value.every((item, i) => rule(item) && (i === 0 || (value[i - 1] as string) < item));

const RULES: Record<keyof ApprovalPayload, Rule> = {
  v: (value) => value === 1,
  approvalId: id('approval'),
  action: (value) => APPROVAL_ACTIONS.includes(value as ApprovalAction),
  orgId: id('organisation'),
  projectId: id('project'),
  environmentId: id('environment'),
  environmentPosture: (value) => ['dev', 'staging', 'prod'].includes(value as string),
  postureRevision: (value) => Number.isSafeInteger(value) && (value as number) >= 1,
  artifactSha256: hash,
  specHash: hashOrNull,
  runSpecHash: hashOrNull,
  planDigest: hashOrNull,
  capabilities: sorted(text),
  requestedBy: id('user'),
  approvedBy: sorted(id('user')),
  notBefore: time,
  issuedAt: time,
  expiresAt: time,
  issuedBy: text,
};

/** The canonical bytes of a payload. Throws a CredentialError when it breaks a rule of its own format. */
export function encodeApprovalPayload(payload: ApprovalPayload): Buffer {
  return Buffer.from(canonicalJson(checked(payload)));
}

/** Reads exactly what `encodeApprovalPayload` writes: other members, spellings or values throw a CredentialError. */
export function decodeApprovalPayload(bytes: Uint8Array): ApprovalPayload {
  return checked(parseCanonical(bytes));
}

function checked(value: unknown): ApprovalPayload {
  const members = exactMembers(value, Object.keys(RULES), 'payload_invalid');
  const wrong = Object.entries(RULES).find(([name, rule]) => !rule(members[name]));
  if (wrong) throw new CredentialError('payload_invalid', `member ${wrong[0]} has a value that is not allowed`);
  const payload = value as ApprovalPayload;
  const refuse = (when: boolean, detail: string) => {
    if (when) throw new CredentialError('payload_invalid', detail);
  };
  refuse(payload.approvedBy.length === 0, 'nobody approved');
  refuse(payload.approvedBy.includes(payload.requestedBy), 'the requester is among the approvers');
  refuse(payload.expiresAt <= payload.notBefore || payload.expiresAt <= payload.issuedAt, 'it expires before it begins');
  const hashes = [payload.planDigest, payload.specHash, payload.runSpecHash];
  refuse(payload.action === 'replay_execute' && hashes.includes(null), 'an execute approval binds a plan and its specs');
  refuse(payload.action === 'replay_dry_run' && payload.planDigest !== null, 'a dry-run approval binds no plan');
  return payload;
}

function isDate(value: string): boolean {
  const date = new Date(value);
  return !Number.isNaN(date.getTime()) && date.toISOString() === value;
}
