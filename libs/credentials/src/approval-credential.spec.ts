import { generateKeyPairSync, verify } from 'node:crypto';
import { canonicalJson, newId, type SigningKey } from '@reenact/contracts';
import { bindingFaults, issueApprovalCredential, timeFaults, verifyApprovalCredential } from './approval-credential.js';
import { APPROVAL_PAYLOAD_TYPE, type ApprovalPayload, decodeApprovalPayload, encodeApprovalPayload } from './approval-payload.js';
import { renderCompactV1 } from './compact-v1.js';
import { CredentialError } from './credential-error.js';
import { signEnvelope } from './dsse.js';
import { keyIdOf, privateKeyOf, publicKeyOf, publicKeyText } from './ed25519.js';
import { signKeySet, verifyKeySet } from './key-set.js';

const hash = (digit: string) => `sha256:${digit.repeat(64)}`;
const [requester, approver] = [newId('user'), newId('user')];

const payload: ApprovalPayload = {
  v: 1,
  approvalId: newId('approval'),
  action: 'replay_execute',
  orgId: newId('organisation'),
  projectId: newId('project'),
  environmentId: newId('environment'),
  environmentPosture: 'prod',
  postureRevision: 3,
  artifactSha256: hash('1'),
  specHash: hash('2'),
  runSpecHash: hash('2'),
  planDigest: hash('3'),
  capabilities: ['http:billing', 'http:triage'],
  requestedBy: requester,
  approvedBy: [approver],
  notBefore: '2026-01-01T00:00:00.000Z',
  issuedAt: '2026-01-01T00:00:00.000Z',
  expiresAt: '2026-01-01T01:00:00.000Z',
  issuedBy: 'approval',
};

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const signer = { keyid: keyIdOf(publicKey), privateKey };
const key: SigningKey = {
  kid: signer.keyid,
  use: 'approval',
  alg: 'Ed25519',
  publicKey: publicKeyText(publicKey),
  status: 'active',
  notBefore: '2025-01-01T00:00:00.000Z',
};

describe('approval payload', () => {
  it('approval payload - is canonical and read back', () => {
    const bytes = encodeApprovalPayload(payload);
    expect(bytes.toString()).toBe(canonicalJson(payload));
    expect(decodeApprovalPayload(bytes)).toEqual(payload);
  });

  const wrong: [string, Record<string, unknown>][] = [
    ['another version', { v: 2 }],
    ['an unknown action', { action: 'replay_anything' }],
    ['an id of another kind', { environmentId: newId('project') }],
    ['an unknown tier', { environmentPosture: 'production' }],
    ['a revision that is no whole number', { postureRevision: 1.5 }],
    ['a hash in upper case', { artifactSha256: hash('A') }],
    ['an execute approval without a plan', { planDigest: null }],
    ['a dry-run approval with a plan', { action: 'replay_dry_run' }],
    ['unsorted capabilities', { capabilities: ['http:triage', 'http:billing'] }],
    ['a capability twice', { capabilities: ['http:triage', 'http:triage'] }],
    ['nobody who approved', { approvedBy: [] }],
    ['one approver twice', { approvedBy: [approver, approver] }],
    ['its requester among the approvers', { approvedBy: [requester, approver].sort() }],
    ['a time in another spelling', { issuedAt: '2026-01-01T00:00:00Z' }],
    ['a day that does not exist', { expiresAt: '2026-02-31T00:00:00.000Z' }],
    ['an end before its beginning', { expiresAt: '2025-12-31T00:00:00.000Z' }],
    ['an unknown member', { note: 'x' }],
    ['a missing member', { issuedBy: undefined }],
  ];

  it.each(wrong)('approval payload - refuses %s', (_what, change) => {
    const text = canonicalJson(JSON.parse(JSON.stringify({ ...payload, ...change })));
    expect(() => decodeApprovalPayload(Buffer.from(text))).toThrow(CredentialError);
    expect(() => encodeApprovalPayload({ ...payload, ...change } as ApprovalPayload)).toThrow(CredentialError);
  });

  it('approval payload - refuses other spellings of the same values', () => {
    const text = canonicalJson(payload);
    for (const other of [
      ` ${text}`,
      text.replace('"v":1', '"v":1,"v":1'),
      text.replace('"v":1', '"v":1.0'),
      JSON.stringify(payload),
      `${text}\n`,
    ]) {
      expect(() => decodeApprovalPayload(Buffer.from(other))).toThrow(CredentialError);
    }
    const malformed = Buffer.from(text.replace('"approval"', '"\ufffd"').replace('\ufffd', 'X'), 'latin1');
    malformed[malformed.indexOf('"X"') + 1] = 0xff;
    expect(() => decodeApprovalPayload(malformed)).toThrow(CredentialError);
  });
});

describe('approval credential', () => {
  const envelope = issueApprovalCredential(payload, signer);

  it('approval credential - holds with a key of the set, active or retiring', () => {
    expect(verifyApprovalCredential(envelope, [key])).toEqual({ payload, kid: key.kid });
    expect(verifyApprovalCredential(envelope, [{ ...key, status: 'retiring', notAfter: '2026-01-02T00:00:00.000Z' }]).kid).toBe(
      key.kid,
    );
  });

  it.each([
    ['retired', { status: 'retired' }],
    ['for another use', { use: 'checkpoint' }],
    ['not good yet', { notBefore: '2026-01-01T00:10:00.000Z' }],
    ['good no more', { notAfter: '2025-12-31T00:00:00.000Z' }],
  ] as const)('approval credential - takes a key that was %s as unknown', (_what, change) => {
    expect(() => verifyApprovalCredential(envelope, [{ ...key, ...change }])).toThrow(
      expect.objectContaining({ fault: 'key_unknown' }) as Error,
    );
  });

  it('approval credential - a good signature over a payload that breaks the rules does not hold', () => {
    const bytes = Buffer.from(canonicalJson({ ...payload, approvedBy: [requester] }));
    expect(() => verifyApprovalCredential(signEnvelope(APPROVAL_PAYLOAD_TYPE, bytes, [signer]), [key])).toThrow(
      expect.objectContaining({ fault: 'payload_invalid' }) as Error,
    );
  });

  it('approval credential - names every binding that differs', () => {
    expect(bindingFaults(payload, payload)).toEqual([]);
    expect(bindingFaults(payload, { ...payload, capabilities: ['http:triage'] })).toEqual([]);
    for (const name of ['orgId', 'projectId', 'environmentId', 'artifactSha256', 'specHash', 'runSpecHash'] as const) {
      expect(bindingFaults(payload, { ...payload, [name]: 'other' })).toEqual(['approval_scope_mismatch']);
    }
    const other = { ...payload, postureRevision: 4, planDigest: hash('4'), capabilities: ['nats:bus'], requestedBy: approver };
    expect(bindingFaults(payload, other)).toEqual([
      'posture_changed',
      'plan_mismatch',
      'capability_denied',
      'approval_requester_mismatch',
    ]);
  });

  it('approval credential - is valid from its beginning to just before its end', () => {
    expect(timeFaults(payload, new Date('2025-12-31T23:59:54.999Z'))).toEqual(['approval_not_yet_valid']);
    expect(timeFaults(payload, new Date('2026-01-01T00:00:00.000Z'))).toEqual([]);
    expect(timeFaults(payload, new Date('2026-01-01T00:59:59.999Z'))).toEqual([]);
    expect(timeFaults(payload, new Date('2026-01-01T01:00:00.000Z'))).toEqual(['approval_expired']);
  });

  it('approval credential - renders as compact-v1, which the key verifies', () => {
    const [head, signature] = renderCompactV1(payload, signer).split('.');
    const bytes = Buffer.from(head, 'base64url');
    expect(verify(null, bytes, publicKey, Buffer.from(signature, 'base64url'))).toBe(true);
    expect(JSON.parse(bytes.toString())).toMatchObject({
      v: 1,
      kid: key.kid,
      org_id: payload.orgId,
      approval_id: payload.approvalId,
    });
  });
});

describe('key set', () => {
  const root = generateKeyPairSync('ed25519');
  const rootSigner = { keyid: keyIdOf(root.publicKey), privateKey: root.privateKey };
  const set = signKeySet(
    [key, { ...key, status: 'retired', notAfter: '2026-01-01T00:00:00.000Z' }],
    '2026-01-01T00:00:00.000Z',
    rootSigner,
  );

  it('key set - holds under the root key, whatever the copy beside it says', () => {
    const { keys } = verifyKeySet({ envelope: set.envelope }, root.publicKey);
    expect(keys).toEqual(set.keys);
  });

  it('key set - does not hold under another root key, or when it was changed', () => {
    expect(() => verifyKeySet(set, publicKey)).toThrow(CredentialError);
    const bytes = Buffer.from(set.envelope.payload, 'base64');
    const changed = Buffer.from(bytes.toString().replace('retired', 'active')).toString('base64');
    expect(() => verifyKeySet({ envelope: { ...set.envelope, payload: changed } }, root.publicKey)).toThrow(CredentialError);
  });

  it('key set - with a malformed key is neither signed nor read', () => {
    for (const change of [
      { alg: 'RS256' },
      { publicKey: 'AAAA' },
      { status: 'lost' },
      { extra: 1 },
      { notBefore: 'yesterday' },
      { kid: '' },
    ]) {
      const keys = [{ ...key, ...change } as SigningKey];
      expect(() => signKeySet(keys, '2026-01-01T00:00:00.000Z', rootSigner)).toThrow(CredentialError);
    }
  });

  it('key set - keys survive their text form', () => {
    const seed = Buffer.alloc(32, 7).toString('base64');
    const made = privateKeyOf(seed);
    expect(publicKeyOf(publicKeyText(made)).equals(publicKeyOf(publicKeyText(made)))).toBe(true);
    expect(keyIdOf(made)).toMatch(/^ed25519-[0-9a-f]{16}$/);
    expect(() => privateKeyOf('AAAA')).toThrow(RangeError);
    expect(() => publicKeyOf(`${seed}\n`)).toThrow(RangeError);
  });
});
