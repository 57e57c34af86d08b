import {
  type Approval,
  type ApprovalState,
  changePosture,
  createTarget,
  decidePostureChange,
  findVersions,
  isId,
  listAgents,
  listApprovals,
  listHeartbeats,
  listPostureChanges,
  listRefusals,
  listTargets,
  listVersions,
  Problem,
  readAgent,
  readPosture,
  readSwitch,
  readVersion,
  registerVersion,
  removeTarget,
  retireVersion,
  setAgentState,
  setSwitch,
  updateTarget,
} from '@reenact/contracts';
import { at, atPath, inOrganisation } from '../domain/route.js';
import type { Call } from '../http/call.js';
import { ask, type Route } from '../http/route.js';
import { inSight } from './incident.routes.js';

const inEnvironment = ({ params }: Call) => ({ environmentId: params.environmentId });
const ofAgent = ({ params }: Call) => ({ agentId: params.agentId });
const etag = (revision: number) => ({ ETag: `"${revision}"` });

/** The approvals that were asked for before that revision: under it, they will be refused with `posture_changed`. */
async function voidedBy(call: Call, revision: number): Promise<string[]> {
  const live = await Promise.all((['pending', 'approved'] as const).map((state) => approvalsIn(call, state)));
  return live.flat().flatMap(({ id, postureRevision }) => (postureRevision < revision ? [id] : []));
}

async function approvalsIn(call: Call, state: ApprovalState): Promise<Approval[]> {
  const filter = { orgId: call.scope.orgId, environmentId: call.params.environmentId, state, limit: 200 };
  const found: Approval[] = [];
  let cursor: string | undefined;
  do {
    const page = await call.ask(listApprovals, { ...filter, cursor });
    found.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return found;
}

export const environmentRoutes: Route[] = [
  ask({
    method: 'GET',
    path: 'environments/:environmentId/posture',
    summary: 'What the environment allows; the body may be sent back with PUT',
    place: at('environmentId', 'see'),
    contract: readPosture,
    fixed: ['environmentId'],
    given: inEnvironment,
    answer: ({ posture, revision }) => ({ headers: etag(revision), body: posture }),
  }),
  {
    method: 'PUT',
    path: 'environments/:environmentId/posture',
    summary: 'Change the posture; loosening a staging or prod one waits for another person (202)',
    place: at('environmentId', 'administer_project'),
    query: new Map(),
    body: new Map(),
    ifMatch: true,
    status: 200,
    answers: 'The posture with its revision and the approvals that it voids; with 202 the id of the change that waits',
    async handle(call) {
      const ifRevision = call.ifMatch();
      const changed = await call.ask(changePosture, { ...inEnvironment(call), ifRevision, posture: call.body() });
      const headers = etag(changed.revision);
      if (changed.state === 'pending') {
        const voidsApprovals = await voidedBy(call, changed.revision + 1);
        return { status: 202, headers, body: { changeId: changed.changeId, state: 'pending', voidsApprovals } };
      }
      const voidsApprovals = changed.state === 'applied' ? await voidedBy(call, changed.revision) : [];
      return { headers, body: { ...changed.posture, revision: changed.revision, voidsApprovals } };
    },
  },
  ask({
    method: 'GET',
    path: 'environments/:environmentId/posture/changes',
    summary: 'Changes that waited for another person',
    place: at('environmentId', 'see'),
    contract: listPostureChanges,
    fixed: ['environmentId'],
    given: inEnvironment,
  }),
  ask({
    method: 'POST',
    path: 'environments/:environmentId/posture/changes/:changeId/decisions',
    summary: 'Confirm or refuse a change that loosens a posture; never your own',
    place: at('environmentId', 'confirm_posture'),
    contract: decidePostureChange,
    fixed: ['environmentId', 'changeId'],
    given(call) {
      if (!isId('postureChange', call.params.changeId)) throw new Problem('not_found');
      return { ...inEnvironment(call), changeId: call.params.changeId };
    },
    answer: async (change, call) => ({
      body: { ...change, voidsApprovals: change.state === 'confirmed' ? await voidedBy(call, change.baseRevision + 1) : [] },
    }),
  }),
  ask({
    method: 'GET',
    path: 'environments/:environmentId/execution',
    summary: 'Whether executes of the environment go on, wait, or end before their next action',
    place: at('environmentId', 'see'),
    contract: readSwitch,
    fixed: ['environmentId'],
    given: inEnvironment,
  }),
  ask({
    method: 'PUT',
    path: 'environments/:environmentId/execution',
    summary: 'Pause, stop or let go on the executes of the environment, those under way too',
    place: at('environmentId', 'administer_project'),
    contract: setSwitch,
    fixed: ['orgId', 'projectId', 'environmentId'],
    given: (call) => ({ ...inEnvironment(call), orgId: call.scope.orgId, projectId: call.scope.projectId }),
  }),
  ask({
    method: 'GET',
    path: 'environments/:environmentId/targets',
    summary: 'The targets that pipelines of the environment may act on',
    place: at('environmentId', 'see'),
    contract: listTargets,
    fixed: ['environmentId'],
    given: inEnvironment,
  }),
  ask({
    method: 'POST',
    path: 'environments/:environmentId/targets',
    summary: 'Add a target',
    place: at('environmentId', 'administer_project'),
    contract: createTarget,
    fixed: ['environmentId'],
    given: inEnvironment,
    status: 201,
    answer: (body) => ({ status: 201, headers: etag(body.revision), body }),
  }),
  ask({
    method: 'PATCH',
    path: 'targets/:targetId',
    summary: "Change a target's address or headers: a new revision, which voids plans that pin the old one",
    place: at('targetId', 'administer_project'),
    contract: updateTarget,
    fixed: ['targetId', 'ifRevision'],
    given: (call) => ({ targetId: call.params.targetId, ifRevision: call.ifMatch() }),
    answer: (body) => ({ headers: etag(body.revision), body }),
  }),
  ask({
    method: 'DELETE',
    path: 'targets/:targetId',
    summary: 'Remove a target',
    place: at('targetId', 'administer_project'),
    contract: removeTarget,
    fixed: ['targetId'],
    given: ({ params }) => ({ targetId: params.targetId }),
    status: 204,
    answer: () => ({ status: 204 }),
  }),
  ask({
    method: 'GET',
    path: 'environments/:environmentId/agents',
    summary: 'Agents of the environment',
    place: at('environmentId', 'see'),
    contract: listAgents,
    fixed: ['environmentId'],
    given: inEnvironment,
  }),
  ask({
    method: 'GET',
    path: 'agents/:agentId',
    summary: 'One agent, with its keys',
    place: at('agentId', 'see'),
    contract: readAgent,
    fixed: ['agentId'],
    given: ofAgent,
  }),
  ask({
    method: 'GET',
    path: 'agents/:agentId/heartbeats',
    summary: 'Its last heartbeats',
    place: at('agentId', 'see'),
    contract: listHeartbeats,
    fixed: ['orgId', 'agentId'],
    given: (call) => ({ ...ofAgent(call), orgId: call.scope.orgId }),
  }),
  ask({
    method: 'GET',
    path: 'agents/:agentId/refusals',
    summary: 'How often it was refused, by minute and code',
    place: at('agentId', 'see'),
    contract: listRefusals,
    fixed: ['agentId'],
    given: ofAgent,
  }),
  ...(['disable', 'enable'] as const).map((verb) =>
    ask({
      method: 'POST',
      path: `agents/:agentId/${verb}`,
      summary: verb === 'disable' ? 'Refuse all of its keys from now on' : 'Let it in again',
      place: at('agentId', 'administer_project'),
      contract: setAgentState,
      fixed: ['agentId', 'state'],
      given: (call: Call) => ({ ...ofAgent(call), state: verb === 'disable' ? ('disabled' as const) : ('active' as const) }),
    }),
  ),
  ask({
    method: 'POST',
    path: 'orgs/:o/projects/:p/pipelines/:name/versions',
    summary: 'Register a pipeline version; 200 when its spec is registered already',
    place: atPath('administer_project'),
    contract: registerVersion,
    fixed: ['projectId', 'pipeline'],
    given: ({ scope, params }) => ({ projectId: scope.projectId, pipeline: params.name }),
    status: 201,
    answer: ({ version, existed }) => ({
      status: existed ? 200 : 201,
      headers: { Location: `/api/v1/pipeline-versions/${version.id}` },
      body: version,
    }),
  }),
  ask({
    method: 'GET',
    path: 'orgs/:o/projects/:p/pipelines/:name/versions',
    summary: 'Versions of a pipeline',
    place: atPath('see'),
    contract: listVersions,
    fixed: ['projectId', 'pipeline'],
    given: ({ scope, params }) => ({ projectId: scope.projectId, pipeline: params.name }),
  }),
  ask({
    method: 'GET',
    path: 'pipeline-versions',
    summary: 'The versions that have a spec hash: at most one of each project',
    place: inOrganisation('see'),
    contract: findVersions,
    fixed: ['projectIds'],
    given: inSight,
  }),
  ask({
    method: 'GET',
    path: 'pipeline-versions/:versionId',
    summary: 'One version, with its spec',
    place: at('versionId', 'see'),
    contract: readVersion,
    fixed: ['versionId'],
    given: ({ params }) => ({ versionId: params.versionId }),
  }),
  ask({
    method: 'POST',
    path: 'pipeline-versions/:versionId/retire',
    summary: 'No replay runs it any more',
    place: at('versionId', 'administer_project'),
    contract: retireVersion,
    fixed: ['versionId'],
    given: ({ params }) => ({ versionId: params.versionId }),
  }),
];
