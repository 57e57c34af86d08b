import {
  cancelReplay,
  listActions,
  listEntries,
  listReplays,
  readPlanPage,
  readReplay,
  readVerdict,
  requestReplay,
  resolveReplay,
} from '@reenact/contracts';
import { at, inBody, inOrganisation } from '../domain/route.js';
import type { Call } from '../http/call.js';
import { ask, type Route } from '../http/route.js';
import { actionWithoutEvidence, WITHHELD_OF_ACTIONS } from '../stream-content/withhold-evidence.js';
import { inSight } from './incident.routes.js';

const ofReplay = ({ params }: Call) => ({ replayId: params.replayId });

export const replayRoutes: Route[] = [
  ask({
    method: 'POST',
    path: 'replays',
    summary: 'Ask for a dry run or an execute; what governance says against it is in the record, not in the status',
    place: inBody('operate'),
    contract: requestReplay,
    async given(call) {
      await call.require('artifactId', call.body().artifactId, 'operate');
      return {};
    },
    status: 202,
    answer: (body) => ({ status: 202, headers: { Location: `/api/v1/replays/${body.id}` }, body }),
  }),
  ask({
    method: 'GET',
    path: 'replays',
    summary: 'Replays, newest first',
    place: inOrganisation('see'),
    contract: listReplays,
    fixed: ['projectIds'],
    given: inSight,
  }),
  ask({
    method: 'GET',
    path: 'replays/:replayId',
    summary: 'One replay',
    place: at('replayId', 'see'),
    contract: readReplay,
    fixed: ['replayId'],
    given: ofReplay,
  }),
  ask({
    method: 'GET',
    path: 'replays/:replayId/verdict',
    summary: 'Every check with its evidence, whether it passed or not',
    place: at('replayId', 'see'),
    contract: readVerdict,
    fixed: ['replayId'],
    given: ofReplay,
  }),
  ask({
    method: 'GET',
    path: 'replays/:replayId/actions',
    summary: 'What became of each action of the plan',
    place: at('replayId', 'see'),
    contract: listActions,
    fixed: ['replayId'],
    given: ofReplay,
  }),
  ask({
    method: 'GET',
    path: 'replays/:replayId/audit',
    summary: 'The sealed entries of this replay',
    place: at('replayId', 'read_story'),
    contract: listEntries,
    fixed: ['log', 'correlationId'],
    given: (call) => ({ log: call.scope.orgId, correlationId: call.params.replayId }),
  }),
  ask({
    method: 'POST',
    path: 'replays/:replayId/cancel',
    summary: 'Stop it: before the start nothing runs, after it no further action starts',
    place: at('replayId', 'operate'),
    contract: cancelReplay,
    fixed: ['replayId'],
    given: ofReplay,
    status: 202,
  }),
  ask({
    method: 'POST',
    path: 'replays/:replayId/resolve',
    summary: 'Say what became of an indeterminate replay',
    place: at('replayId', 'operate'),
    contract: resolveReplay,
    fixed: ['replayId'],
    given: ofReplay,
  }),
];

/** The plan as pages of JSON; the whole as NDJSON is streamed by another route. */
export const readPlanAsPages = ask({
  method: 'GET',
  path: 'replays/:replayId/plan',
  summary:
    'The plan: header and actions; as application/x-ndjson all of it at once. Paths, subjects and headers only for those who may open evidence',
  place: at('replayId', 'see'),
  contract: readPlanPage,
  fixed: ['replayId'],
  given: ofReplay,
  async answer({ planDigest, header, items, nextCursor }, call) {
    if (await call.may('open_evidence')) return { body: { planDigest, header, items, nextCursor } };
    return { body: { planDigest, header, withheld: WITHHELD_OF_ACTIONS, items: items.map(actionWithoutEvidence), nextCursor } };
  },
});
