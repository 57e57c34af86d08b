import {
  decideApproval,
  listApprovals,
  listSigningKeys,
  Problem,
  readApproval,
  readCredential,
  requestApproval,
  revokeApproval,
  withdrawApproval,
} from '@reenact/contracts';
import { at, inBody, inOrganisation, person } from '../domain/route.js';
import type { Call } from '../http/call.js';
import { ask, type Route } from '../http/route.js';
import { inSight } from './incident.routes.js';

const ofApproval = ({ params }: Call) => ({ approvalId: params.approvalId });

export const approvalRoutes: Route[] = [
  ask({
    method: 'POST',
    path: 'approvals',
    summary: 'Ask for approval of exactly one plan',
    place: inBody('operate'),
    contract: requestApproval,
    async given(call) {
      const { action, artifactId, dryRunId } = call.body();
      if (action === 'replay_execute') await call.require('dryRunId', dryRunId, 'operate');
      else await call.require('artifactId', artifactId, 'operate');
      return {};
    },
    status: 201,
    answer: (body) => ({ status: 201, headers: { Location: `/api/v1/approvals/${body.id}` }, body }),
  }),
  ask({
    method: 'GET',
    path: 'approvals',
    summary: 'Approvals, newest first',
    place: inOrganisation('see'),
    contract: listApprovals,
    fixed: ['projectIds'],
    given: inSight,
  }),
  ask({
    method: 'GET',
    path: 'approvals/:approvalId',
    summary: 'One approval with its decisions',
    place: at('approvalId', 'see'),
    contract: readApproval,
    fixed: ['approvalId'],
    given: ofApproval,
  }),
  ask({
    method: 'POST',
    path: 'approvals/:approvalId/decisions',
    summary: "Approve or deny; never one's own request",
    place: at('approvalId', 'decide', 'handler'),
    contract: decideApproval,
    fixed: ['approvalId'],
    async given(call) {
      const { requestedBy } = await call.ask(readApproval, ofApproval(call));
      // Told before the missing role, since no role would help.
      if (requestedBy.id === call.caller.userId) throw new Problem('self_approval', { remedy: 'Another person decides' });
      call.allow('decide');
      return ofApproval(call);
    },
  }),
  ask({
    method: 'POST',
    path: 'approvals/:approvalId/revoke',
    summary: 'Take an approval back; counts until the run starts',
    place: at('approvalId', 'decide'),
    contract: revokeApproval,
    fixed: ['approvalId'],
    given: ofApproval,
  }),
  ask({
    method: 'POST',
    path: 'approvals/:approvalId/withdraw',
    summary: "Withdraw one's own request",
    place: at('approvalId', 'operate'),
    contract: withdrawApproval,
    fixed: ['approvalId'],
    given: ofApproval,
  }),
  ask({
    method: 'GET',
    path: 'approvals/:approvalId/credential',
    summary:
      'The signed credential (DSSE); ?format=compact-v1 for the compact text with the ByteOr v1 field names, which nothing here reads',
    place: at('approvalId', 'see'),
    contract: readCredential,
    fixed: ['approvalId'],
    given: ofApproval,
    answer: ({ envelope, compact }) =>
      compact === undefined ? { body: envelope } : { headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body: compact },
  }),
  ask({
    method: 'GET',
    path: 'signing-keys',
    summary: 'The public keys that approvals are signed with',
    place: person,
    contract: listSigningKeys,
    fixed: ['orgId'],
  }),
];
