import { APPROVAL_STATES, type ListApprovals, newId } from '@reenact/contracts';
import { keysetOf, UnitOfWork } from '@reenact/persistence';
import { pagesRead, temporaryDirectory, type TestService, testService } from '@reenact/testing';
import { startApproval } from '../start-approval.js';
import { approvalPage } from './approval-page.js';
import { ApprovalStore } from './approval.store.js';

const ROWS = 40_000;
const MOST_PAGES = 250;
const NOW = '2026-11-25T12:00:00.000Z';
const EARLIER = '2026-11-25T11:00:00.000Z';
const LATER = '2026-11-25T13:00:00.000Z';

describe('approval pages', () => {
  let service: TestService;
  const home = temporaryDirectory('approval-pages');
  const orgId = newId('organisation');
  const projects = [newId('project'), newId('project')];
  const [environmentId, artifactId, dryRunId] = [newId('environment'), newId('artifact'), newId('replay')];

  beforeAll(async () => {
    service = await testService((config) =>
      startApproval({ ...config, approvalKeyFile: `${home.path}/approval.key`, rootKeyFile: `${home.path}/root.key` }),
    );
    // Nearly all were used; of everything else there are a few, the oldest. A third of what is open is over, and not written down yet.
    await service.rows(
      `insert into approval.request (id, org_id, project_id, environment_id, artifact_id, dry_run_id, state, due_at, body, created_at)
       select id, $1, case when n < 50 then $2 else $3 end, $4, case when n between 100 and 120 then $5 else 'art_' || n % 5000 end,
         case when n between 100 and 120 then $6 end, state,
         case when state in ('pending', 'approved') then case when n % 3 = 0 then $7 else $8 end::timestamptz end, json_build_object('id', id), now()
       from (select n, 'apr_' || lpad(n::text, 26, '0') as id,
           case when n < 110 then ($9::text[])[1 + n % 7] else 'used' end as state
         from generate_series(1, $10::int) n) as made`,
      [orgId, projects[1], projects[0], environmentId, artifactId, dryRunId, EARLIER, LATER, APPROVAL_STATES, ROWS],
    );
    await service.rows('analyze approval.request');
  });
  afterAll(async () => {
    await service.stop();
    home.remove();
  });

  const narrowed: Partial<ListApprovals>[] = [
    {},
    { projectIds: [projects[0]] },
    { projectIds: projects },
    { projectIds: [projects[1]] },
    { environmentId },
    { artifactId },
    { eligibleFor: dryRunId, projectIds: projects },
  ];

  it.each(narrowed)('list-approvals - reads as much of a large table as of a small one, by %o and any state', async (narrow) => {
    for (const state of [undefined, ...APPROVAL_STATES]) {
      const { text, params } = approvalPage({ orgId, ...narrow, ...(state && { state }) }, keysetOf({}), NOW);
      const pages = await service.get(UnitOfWork).run((tx) => pagesRead(tx, text, params));
      expect({ state, pages: pages <= MOST_PAGES || pages }).toEqual({ state, pages: true });
    }
  });

  it('list-approvals - finds what is in a state now, newest first', async () => {
    const store = service.get(ApprovalStore);
    const all = await service.rows<{ id: string; project_id: string; state: string }>(
      `select id, project_id, case when due_at <= $1 then 'expired' else state end as state from approval.request order by id desc`,
      [NOW],
    );
    for (const narrow of narrowed.slice(0, 5)) {
      for (const state of APPROVAL_STATES) {
        const found = await store.list(service.get(UnitOfWork), { orgId, ...narrow, state }, keysetOf({ limit: 20 }), NOW);
        const fits = all.filter(
          (row) => row.state === state && (!narrow.projectIds || narrow.projectIds.includes(row.project_id)),
        );
        expect(found.map(({ id }) => id)).toEqual(fits.slice(0, 21).map(({ id }) => id));
      }
    }
  });
});
