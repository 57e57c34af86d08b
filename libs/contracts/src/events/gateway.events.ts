import { defineEvent } from '../define.js';
import { Id, Int, Text, Time } from '../field.js';

/** A call that was refused; equal ones coalesce per actor, code and minute. */
export class AccessDenied {
  @Text({ max: 128 }) route: string;
  @Text({ max: 64 }) code: string;
  @Int({ min: 400, max: 599 }) status: number;
  @Text({ max: 64, optional: true }) resource?: string;
  @Int({ min: 1 }) count: number;
}
export const accessDenied = defineEvent({
  service: 'gateway',
  noun: 'access',
  fact: 'denied',
  payload: AccessDenied,
  audit: { category: 'access', outcome: 'denied' },
  sample: { route: 'POST /api/v1/approvals/{a}/decisions', code: 'forbidden', status: 403, count: 1 },
});

/** Somebody read evidence content. */
export class EvidenceOpened {
  @Id('artifact') artifactId: string;
  @Text({ max: 1024, optional: true }) path?: string;
}
export const evidenceOpened = defineEvent({
  service: 'gateway',
  noun: 'evidence',
  fact: 'opened',
  payload: EvidenceOpened,
  audit: { category: 'access', outcome: 'allowed' },
  sample: { artifactId: 'art_01h455vb4pex5vsknk084sn02q', path: 'journal.ndjson' },
});

export class TokenFact {
  @Id('token') tokenId: string;
  @Id('user') userId: string;
  @Time({ optional: true }) expiresAt?: string;
}
const tokenSample: TokenFact = { tokenId: 'tok_01h455vb4pex5vsknk084sn02q', userId: 'usr_01h455vb4pex5vsknk084sn02q' };
export const tokenIssued = defineEvent({
  service: 'gateway',
  noun: 'token',
  fact: 'issued',
  payload: TokenFact,
  audit: { category: 'access', outcome: 'succeeded' },
  sample: tokenSample,
});
export const tokenRevoked = defineEvent({
  service: 'gateway',
  noun: 'token',
  fact: 'revoked',
  payload: TokenFact,
  audit: { category: 'access', outcome: 'succeeded' },
  sample: tokenSample,
});
