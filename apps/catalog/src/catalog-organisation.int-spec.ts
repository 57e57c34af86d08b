import {
  addMember,
  archiveEnvironment,
  createEnvironment,
  createOrganisation,
  createProject,
  createTarget,
  listEnvironments,
  listMembers,
  listOrganisations,
  listProjects,
  issueEnrolmentToken,
  locateResource,
  newId,
  newUuid,
  organisationCreated,
  readAccess,
  readEnvironment,
  readPosture,
  removeMember,
  resolvePath,
} from '@reenact/contracts';
import { defaultPosture } from '@reenact/posture';
import { asUser, eventually } from '@reenact/testing';
import { type Harness, startHarness } from './catalog.harness.js';

describe('catalog organisations', () => {
  let h: Harness;
  beforeAll(async () => {
    h = await startHarness();
  });
  afterAll(() => h?.stop());

  it('create-organisation - makes its owner org_admin and says so, published', async () => {
    const ownerId = newId('user');
    const organisation = await h.call(createOrganisation, { slug: 'acme', name: 'Acme', ownerId }, asUser(ownerId));
    expect(await h.call(readAccess, { userId: ownerId })).toEqual({
      memberships: [{ userId: ownerId, role: 'org_admin', orgId: organisation.id, createdAt: organisation.createdAt }],
    });
    expect(await h.said(organisation.id)).toEqual([
      {
        type: organisationCreated.type,
        version: 1,
        actor: `user:${ownerId}`,
        data: { id: organisation.id, slug: 'acme', name: 'Acme' },
      },
    ]);
    await eventually(async () => {
      const [{ open }] = await h.rows<{ open: number }>('select count(*) as open from catalog.outbox where published_at is null');
      expect(open).toBe(0);
    });
    expect((await h.problem(createOrganisation, { slug: 'acme', name: 'Other', ownerId })).code).toBe('slug_taken');
    expect((await h.call(listOrganisations, { userId: ownerId })).items).toEqual([organisation]);
    expect((await h.call(listOrganisations, { userId: newId('user') })).items).toEqual([]);
  });

  it('create-organisation - answers a repeated request as it did, also two at once', async () => {
    const ownerId = newId('user');
    const slug = `org-${newUuid()}`;
    const idempotency = { caller: ownerId, route: 'POST orgs', key: newUuid(), requestHash: `sha256:${'1'.repeat(64)}` };
    const make = (requestHash = idempotency.requestHash) =>
      h.call(createOrganisation, { slug, name: 'Acme', ownerId, idempotency: { ...idempotency, requestHash } });
    const first = await make();
    expect(await make()).toEqual(first);
    await expect(make(`sha256:${'2'.repeat(64)}`)).rejects.toMatchObject({ code: 'idempotency_key_reused' });
    expect(await h.rows('select id from catalog.organisation where slug = $1', [slug])).toHaveLength(1);
  });

  it('create-environment - begins with the posture of its tier, slugs are unique below their parent', async () => {
    const { organisation, project, environment } = await h.environment('staging');
    expect(await h.call(readEnvironment, { environmentId: environment.id })).toEqual(environment);
    expect(await h.call(readPosture, { environmentId: environment.id })).toEqual({
      environmentId: environment.id,
      revision: 1,
      posture: defaultPosture('staging'),
      changedAt: environment.createdAt,
    });
    const again = { projectId: project.id, slug: 'staging', name: 'x', tier: 'dev' as const };
    expect((await h.problem(createEnvironment, again)).code).toBe('slug_taken');
    expect((await h.problem(createEnvironment, { ...again, projectId: newId('project') })).code).toBe('not_found');
    expect((await h.problem(createProject, { orgId: organisation.id, slug: 'webhooks', name: 'x' })).code).toBe('slug_taken');
    expect((await h.problem(createProject, { orgId: newId('organisation'), slug: 'a', name: 'x' })).code).toBe('not_found');
  });

  it('resolve-path - takes ids and slugs, and stops at the first unknown part', async () => {
    const { organisation, project, environment } = await h.environment();
    const all = { orgId: organisation.id, projectId: project.id, environmentId: environment.id };
    const path = { organisation: organisation.slug, project: 'webhooks', environment: 'prod' };
    expect(await h.call(resolvePath, path)).toEqual(all);
    expect(
      await h.call(resolvePath, { organisation: organisation.id, project: project.id, environment: environment.id }),
    ).toEqual(all);
    expect(await h.call(resolvePath, { ...path, environment: 'none' })).toEqual({ orgId: all.orgId, projectId: all.projectId });
    expect(await h.call(resolvePath, { ...path, project: 'none' })).toEqual({ orgId: all.orgId });
    expect(await h.call(resolvePath, { ...path, organisation: 'none' })).toEqual({});
    const other = await h.environment();
    expect(await h.call(resolvePath, { ...path, project: other.project.id })).toEqual({ orgId: all.orgId });
  });

  it('locate-resource - says where things lie, null for the unknown', async () => {
    const { organisation, project, environment } = await h.environment();
    const inEnvironment = { orgId: organisation.id, projectId: project.id, environmentId: environment.id };
    const locate = async (id: string) => (await h.call(locateResource.catalog, { id })).scope;
    expect(await locate(organisation.id)).toEqual({ id: organisation.id, orgId: organisation.id });
    expect(await locate(project.id)).toEqual({ id: project.id, orgId: organisation.id, projectId: project.id });
    expect(await locate(environment.id)).toEqual({ id: environment.id, ...inEnvironment });
    const target = await h.call(createTarget, { environmentId: environment.id, name: 'a', kind: 'http', url: 'http://a/' });
    expect(await locate(target.id)).toEqual({ id: target.id, ...inEnvironment });
    const token = await h.call(issueEnrolmentToken, { environmentId: environment.id });
    expect(await locate(token.id)).toEqual({ id: token.id, ...inEnvironment });
    for (const unknown of [
      newId('agent'),
      newId('enrolment'),
      newId('version'),
      newId('deployment'),
      newId('artifact'),
      'nonsense',
      '',
    ]) {
      expect(await locate(unknown)).toBeNull();
    }
  });

  it('change-member - gives and takes roles, versions grow over both', async () => {
    const { organisation, project } = await h.environment();
    const other = await h.environment();
    const userId = newId('user');
    const role = { orgId: organisation.id, userId, role: 'operator' as const };
    const given = await h.call(addMember, role);
    expect(await h.call(addMember, role)).toEqual(given);
    await h.call(addMember, { ...role, projectId: project.id });
    expect((await h.problem(addMember, { ...role, projectId: other.project.id })).code).toBe('not_found');
    expect(await h.call(removeMember, role)).toEqual({ removed: true });
    expect(await h.call(removeMember, role)).toEqual({ removed: false });
    expect((await h.call(readAccess, { userId })).memberships).toMatchObject([{ role: 'operator', projectId: project.id }]);
    await h.call(addMember, role);
    expect((await h.said(userId)).map(({ type, version }) => `${type.split('.')[3]} ${version}`)).toEqual([
      'added 1',
      'added 2',
      'removed 3',
      'added 4',
    ]);
  });

  it('lists - newest first, page by page, without gaps', async () => {
    const { organisation, project } = await h.environment();
    for (const slug of ['a', 'b', 'c']) await h.call(createProject, { orgId: organisation.id, slug, name: slug });
    const first = await h.call(listProjects, { orgId: organisation.id, limit: 3 });
    expect(first.items.map(({ slug }) => slug)).toEqual(['c', 'b', 'a']);
    const second = await h.call(listProjects, { orgId: organisation.id, limit: 3, cursor: first.nextCursor ?? '' });
    expect(second).toEqual({ items: [project], nextCursor: null });
    expect((await h.problem(listProjects, { orgId: organisation.id, cursor: 'nonsense!' })).code).toBe('invalid_query_parameter');
    for (let n = 0; n < 3; n += 1) await h.member(organisation.id, newId('user'));
    const members = await h.call(listMembers, { orgId: organisation.id, limit: 2 });
    const rest = await h.call(listMembers, { orgId: organisation.id, limit: 50, cursor: members.nextCursor ?? '' });
    expect(new Set([...members.items, ...rest.items].map(({ userId }) => userId)).size).toBe(4);
    expect(rest.items.at(-1)?.role).toBe('org_admin');
  });

  it('archive-environment - keeps it readable and closes it for new things', async () => {
    const { project, environment } = await h.environment();
    const archived = await h.call(archiveEnvironment, { environmentId: environment.id });
    expect(archived).toEqual({ ...environment, state: 'archived' });
    expect(await h.call(archiveEnvironment, { environmentId: environment.id })).toEqual(archived);
    expect((await h.call(listEnvironments, { projectId: project.id })).items).toEqual([archived]);
    const environmentId = environment.id;
    expect((await h.problem(issueEnrolmentToken, { environmentId })).code).toBe('environment_archived');
    expect((await h.problem(createTarget, { environmentId, name: 'a', kind: 'http', url: 'http://a/' })).code).toBe(
      'environment_archived',
    );
    expect((await h.said(environmentId)).map(({ version }) => version)).toEqual([1, 2]);
  });
});
