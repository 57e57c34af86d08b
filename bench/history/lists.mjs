import { median } from '../harness/statistics.mjs';

/** Who sees one project only: what they list is narrowed to it. */
export async function keepToProject(installation, person) {
  const { orgId, projectId } = installation.place;
  const { id: userId } = installation.people[person];
  const admin = installation.as('admin');
  await admin.call('DELETE', `orgs/${orgId}/members?userId=${userId}&role=${person}`);
  await admin.post(`orgs/${orgId}/members`, { userId, role: person, projectId });
}

/** Every way to narrow a list of replays, as the path that is asked for and who asks. */
export function listsOf({ place }, { artifactId, incidentId }) {
  const { orgId, environments } = place;
  return {
    organisation: ['operator', `orgId=${orgId}`],
    project: ['approver', `orgId=${orgId}`],
    environment: ['operator', `orgId=${orgId}&environmentId=${environments.dev}`],
    artifact: ['operator', `orgId=${orgId}&artifactId=${artifactId}`],
    incident: ['operator', `orgId=${orgId}&incidentId=${incidentId}`],
    'state, many': ['operator', `orgId=${orgId}&state=succeeded`],
    'state, none': ['operator', `orgId=${orgId}&state=indeterminate`],
    'project and state, none': ['approver', `orgId=${orgId}&state=indeterminate`],
    'environment and state, none': ['operator', `orgId=${orgId}&environmentId=${environments.dev}&state=indeterminate`],
    'environment and mode, none': ['operator', `orgId=${orgId}&environmentId=${environments.dev}&mode=dry_run`],
  };
}

/** The median of so many calls of each list, in milliseconds, one call at a time. */
export async function measureLists(installation, lists, calls) {
  const figures = {};
  for (const [name, [person, query]] of Object.entries(lists)) {
    const latencies = [];
    for (let call = 0; call < calls; call += 1) {
      const start = performance.now();
      await installation.as(person).get(`replays?${query}`);
      latencies.push(performance.now() - start);
    }
    figures[name] = median(latencies);
  }
  return figures;
}
