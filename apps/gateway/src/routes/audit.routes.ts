import { listEntries, proveConsistency, proveInclusion, readCheckpoint, readEntry, readTile } from '@reenact/contracts';
import { atPath } from '../domain/route.js';
import type { Call } from '../http/call.js';
import { invalid } from '../http/read-query.js';
import { ask, type Route } from '../http/route.js';

export const ofLog = ({ scope }: Call) => ({ log: scope.orgId });

function indexOf(call: Call): number {
  if (!/^\d{1,15}$/.test(call.params.index)) throw invalid('index', 'must be a whole number');
  return Number(call.params.index);
}

export const auditRoutes: Route[] = [
  ask({
    method: 'GET',
    path: 'orgs/:o/audit/entries',
    summary: 'Sealed entries, newest first',
    place: atPath('read_log'),
    contract: listEntries,
    fixed: ['log'],
    given: ofLog,
  }),
  ask({
    method: 'GET',
    path: 'orgs/:o/audit/entries/:index',
    summary: 'One sealed entry',
    place: atPath('read_log'),
    contract: readEntry,
    fixed: ['log', 'index'],
    given: (call) => ({ ...ofLog(call), index: indexOf(call) }),
  }),
  ask({
    method: 'GET',
    path: 'orgs/:o/audit/checkpoint',
    summary: 'The newest checkpoint, a C2SP signed note; the verifier key is in X-Reenact-Verifier-Key',
    place: atPath('read_log'),
    contract: readCheckpoint,
    fixed: ['log'],
    given: ofLog,
    answer: ({ note, verifierKey }) => ({
      headers: { 'Content-Type': 'text/plain; charset=utf-8', 'X-Reenact-Verifier-Key': verifierKey },
      body: note,
    }),
  }),
  ask({
    method: 'GET',
    path: 'orgs/:o/audit/proofs/inclusion',
    summary: 'That an entry is in the tree of a size',
    place: atPath('read_log'),
    contract: proveInclusion,
    fixed: ['log'],
    given: ofLog,
  }),
  ask({
    method: 'GET',
    path: 'orgs/:o/audit/proofs/consistency',
    summary: 'That one tree only grew into another',
    place: atPath('read_log'),
    contract: proveConsistency,
    fixed: ['log'],
    given: ofLog,
  }),
  ask({
    method: 'GET',
    path: 'orgs/:o/audit/tile/*',
    summary: 'C2SP tlog-tiles: hashes and entry bundles',
    place: atPath('read_log'),
    contract: readTile,
    fixed: ['log', 'path'],
    given: (call) => ({ ...ofLog(call), path: call.params['*'] }),
    answer: ({ base64 }) => ({
      headers: { 'Content-Type': 'application/octet-stream', 'Cache-Control': 'private, immutable, max-age=31536000' },
      body: Buffer.from(base64, 'base64'),
    }),
  }),
];
