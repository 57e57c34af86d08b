import type { Selection } from './replay.js';

export const APPROVAL_STATES = ['pending', 'approved', 'denied', 'expired', 'withdrawn', 'used', 'revoked'] as const;
export type ApprovalState = (typeof APPROVAL_STATES)[number];

export const APPROVAL_ACTIONS = ['replay_execute', 'replay_dry_run'] as const;
export type ApprovalAction = (typeof APPROVAL_ACTIONS)[number];

export interface ApprovalDecision {
  by: { kind: string; id: string; name?: string };
  decision: 'approve' | 'deny';
  reason: string;
  at: string;
}

export interface Approval {
  id: string;
  state: ApprovalState;
  action: ApprovalAction;
  orgId: string;
  projectId: string;
  environmentId: string;
  artifactId: string;
  dryRunId?: string;
  planDigest?: string;
  /** Of a dry run: the records that it may take (absent: any), and the spec that it may run. */
  selection?: Selection;
  runSpecHash?: string;
  /** Actions that the plan performs: with none, there is nothing to approve. */
  planActions?: number;
  capabilities: string[];
  postureRevision: number;
  requestedBy: { kind: string; id: string; name?: string };
  reason: string;
  needed: number;
  decisions: ApprovalDecision[];
  decideBy: string;
  notBefore?: string;
  useBy?: string;
  replayId?: string;
  createdAt: string;
}

/** DSSE (https://github.com/secure-systems-lab/dsse): payload and sig are standard base64. */
export interface DsseEnvelope {
  payloadType: string;
  payload: string;
  signatures: { keyid: string; sig: string }[];
}

export interface SigningKey {
  kid: string;
  use: string;
  alg: 'Ed25519';
  /** base64 of the 32 raw bytes. */
  publicKey: string;
  status: 'active' | 'retiring' | 'retired';
  notBefore: string;
  notAfter?: string;
}

/** The key set as services hand it on: signed by the installation's root key. */
export interface SignedKeySet {
  keys: SigningKey[];
  envelope: DsseEnvelope;
}
