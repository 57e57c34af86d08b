import {
  acknowledgeEscalation,
  addNote,
  type Incident,
  listEscalations,
  listIncidents,
  listTimeline,
  openIncident,
  readIncident,
  readIncidentContext,
  updateIncident,
} from '@reenact/contracts';
import { visibleProjects } from '../domain/permission.js';
import { at, inBody, inOrganisation } from '../domain/route.js';
import type { Call } from '../http/call.js';
import { ask, type Route } from '../http/route.js';

const ofIncident = ({ params }: Call) => ({ incidentId: params.incidentId });
const tagged = (body: Incident) => ({ headers: { ETag: `"${body.revision}"` }, body });

/** The organisation of a list, and the projects of it that the caller may see. */
export const inSight = ({ scope, caller }: Call) => ({
  orgId: scope.orgId,
  projectIds: visibleProjects(caller.memberships, scope.orgId, 'see'),
});

export const incidentRoutes: Route[] = [
  ask({
    method: 'GET',
    path: 'incidents',
    summary: 'Incidents, newest first',
    place: inOrganisation('see'),
    contract: listIncidents,
    fixed: ['projectIds'],
    given: inSight,
  }),
  ask({
    method: 'POST',
    path: 'incidents',
    summary: 'Open an incident by hand',
    place: inBody('operate'),
    contract: openIncident,
    fixed: ['orgId', 'projectId'],
    async given(call) {
      const { orgId, projectId } = await call.require('environmentId', call.body().environmentId, 'operate');
      return { orgId, projectId };
    },
    status: 201,
    answer: (body) => ({ ...tagged(body), status: 201 }),
  }),
  ask({
    method: 'GET',
    path: 'incidents/:incidentId',
    summary: 'One incident',
    place: at('incidentId', 'see'),
    contract: readIncident,
    fixed: ['incidentId'],
    given: ofIncident,
    answer: tagged,
  }),
  ask({
    method: 'PATCH',
    path: 'incidents/:incidentId',
    summary: 'Change title, severity, state or assignee',
    place: at('incidentId', 'operate'),
    contract: updateIncident,
    fixed: ['incidentId', 'ifRevision'],
    given: (call) => ({ ...ofIncident(call), ifRevision: call.ifMatch() }),
    answer: tagged,
  }),
  ask({
    method: 'POST',
    path: 'incidents/:incidentId/notes',
    summary: 'Write a note into the timeline',
    place: at('incidentId', 'operate'),
    contract: addNote,
    fixed: ['incidentId'],
    given: ofIncident,
    status: 201,
  }),
  ask({
    method: 'GET',
    path: 'incidents/:incidentId/timeline',
    summary: 'What happened, newest first',
    place: at('incidentId', 'see'),
    contract: listTimeline,
    fixed: ['incidentId'],
    given: ofIncident,
  }),
  ask({
    method: 'GET',
    path: 'incidents/:incidentId/context',
    summary: 'Everything about the incident on one page',
    place: at('incidentId', 'see'),
    contract: readIncidentContext,
    fixed: ['incidentId'],
    given: ofIncident,
  }),
  ask({
    method: 'GET',
    path: 'escalations',
    summary: 'What needs a person, newest first',
    place: inOrganisation('see'),
    contract: listEscalations,
    fixed: ['projectIds'],
    given: inSight,
  }),
  ask({
    method: 'POST',
    path: 'escalations/:escalationId/acknowledge',
    summary: 'Take an escalation on',
    place: at('escalationId', 'operate'),
    contract: acknowledgeEscalation,
    fixed: ['escalationId'],
    given: ({ params }) => ({ escalationId: params.escalationId }),
  }),
];
