import { type ListReplays, REPLAY_MODES, REPLAY_STATES } from '@reenact/contracts';
import { type Keyset, NewestFirst } from '@reenact/persistence';

/** The statement of a page of replays by the conditions that are given. */
export function replayPage(filter: ListReplays, keyset: Keyset): { text: string; params: unknown[] } {
  const { artifactId, incidentId, mode, state } = filter;
  const list = new NewestFirst(filter.orgId, keyset)
    .narrow('project_id', filter.projectIds)
    .narrow('environment_id', filter.environmentId)
    .narrow('incident_id', incidentId)
    .narrow('artifact_id', artifactId);
  const of = { table: 'replay_orchestrator.replay', columns: 'body, progress' };
  if (mode === undefined && state === undefined) return list.statement(of);
  const modes = REPLAY_MODES.filter((one) => mode === undefined || one === mode);
  const states = REPLAY_STATES.filter((one) => state === undefined || one === state);
  // Literal, so that partial indexes fit.
  const kinds = modes.flatMap((one) => states.map((other) => `mode = '${one}' and state = '${other}'`));
  // An artifact or incident has few.
  const isOfOne = artifactId !== undefined || incidentId !== undefined;
  return list.statement({ ...of, ...(isOfOne ? { where: [`(${kinds.join(' or ')})`] } : { branches: kinds }) });
}
