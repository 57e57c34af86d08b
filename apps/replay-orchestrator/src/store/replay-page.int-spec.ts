import { type ListReplays, newId, REPLAY_MODES, REPLAY_STATES } from '@reenact/contracts';
import { keysetOf } from '@reenact/persistence';
import { pagesRead } from '@reenact/testing';
import { type Harness, orchestratorHarness } from '../replay-orchestrator.harness.js';
import { replayPage } from './replay-page.js';
import { ReplayStore } from './replay.store.js';

const ROWS = 40_000;
/** A page of rows, each of its own place, with the ways to them through the indexes of every mode and state. */
const MOST_PAGES = 250;

describe('replay pages', () => {
  let harness: Harness;
  const orgId = newId('organisation');
  const projects = [newId('project'), newId('project')];
  const [environmentId, artifactId, incidentId] = [newId('environment'), newId('artifact'), newId('incident')];

  beforeAll(async () => {
    harness = await orchestratorHarness(1);
    // Nearly all are executes that succeeded; of everything else there are a few, the oldest.
    await harness.work.query(
      `insert into replay_orchestrator.replay (id, org_id, project_id, environment_id, artifact_id, incident_id, mode, state, start_by, body, created_at)
       select id, $1, case when n < 50 then $2 else $3 end, $4, case when n between 100 and 120 then $5 else 'art_' || n % 5000 end,
         case when n between 100 and 120 then $6 end, mode, state, now(), json_build_object('id', id, 'state', state, 'mode', mode), now()
       from (select n, 'rpl_' || lpad(n::text, 26, '0') as id,
           case when n < 110 then ($7::text[])[1 + n % 2] else 'execute' end as mode,
           case when n < 110 then ($8::text[])[1 + n % 11] else 'succeeded' end as state
         from generate_series(1, $9::int) n) as made`,
      [orgId, projects[1], projects[0], environmentId, artifactId, incidentId, REPLAY_MODES, REPLAY_STATES, ROWS],
    );
    await harness.work.query('analyze replay_orchestrator.replay');
  });
  afterAll(() => harness.close());

  const states = [undefined, ...REPLAY_STATES];
  const narrowed: Partial<ListReplays>[] = [
    {},
    { projectIds: [projects[0]] },
    { projectIds: projects },
    { projectIds: [projects[1]] },
    { environmentId },
    { environmentId, projectIds: projects },
    { artifactId },
    { incidentId },
  ];

  it.each(narrowed)(
    'list-replays - reads as much of a large table as of a small one, by %o and any mode and state',
    async (narrow) => {
      for (const mode of [undefined, ...REPLAY_MODES]) {
        for (const state of states) {
          const filter: ListReplays = { orgId, ...narrow, ...(mode && { mode }), ...(state && { state }) };
          const { text, params } = replayPage(filter, keysetOf({}));
          const pages = await harness.work.run((tx) => pagesRead(tx, text, params));
          expect({ mode, state, pages: pages <= MOST_PAGES || pages }).toEqual({ mode, state, pages: true });
        }
      }
    },
  );

  it('list-replays - finds what fits all conditions, newest first, page after page', async () => {
    const store = harness.replicas[0].app.get(ReplayStore);
    const all = await harness.work.query<{ id: string; project_id: string; mode: string; state: string }>(
      'select id, project_id, mode, state from replay_orchestrator.replay order by id desc',
    );
    for (const narrow of narrowed.slice(0, 5)) {
      for (const [mode, state] of [
        [undefined, 'failed'],
        ['dry_run', undefined],
        ['execute', 'succeeded'],
        ['dry_run', 'running'],
      ] as const) {
        const filter: ListReplays = { orgId, ...narrow, ...(mode && { mode }), ...(state && { state }) };
        const found = await store.list(harness.work, filter, { ...keysetOf({}), limit: 60 });
        const fits = all.filter(
          (row) =>
            (!narrow.projectIds || narrow.projectIds.includes(row.project_id)) &&
            (!mode || row.mode === mode) &&
            (!state || row.state === state),
        );
        expect(found.map(({ record }) => record.id)).toEqual(fits.slice(0, 61).map(({ id }) => id));
        if (fits.length < 3) continue;
        const next = await store.list(harness.work, filter, { before: fits[2].id, limit: 2 });
        expect(next.map(({ record }) => record.id)).toEqual(fits.slice(3, 6).map(({ id }) => id));
      }
    }
  });
});
