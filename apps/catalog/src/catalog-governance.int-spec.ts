import {
  changePosture,
  createProject,
  createTarget,
  decidePostureChange,
  enrolAgent,
  findVersions,
  issueEnrolmentToken,
  listPostureChanges,
  listTargets,
  listVersions,
  newId,
  pinTargets,
  type Posture,
  readEnvironment,
  readPosture,
  readReplayFacts,
  readTarget,
  readVersion,
  registerVersion,
  removeTarget,
  resolveTargets,
  retireVersion,
  sha256,
  updateTarget,
} from '@reenact/contracts';
import { secretHash } from '@reenact/credentials';
import { specHash } from '@reenact/pipeline';
import { defaultPosture } from '@reenact/posture';
import { asUser } from '@reenact/testing';
import { type Harness, startHarness } from './catalog.harness.js';

const spec = (name: string, when = "body.action == 'opened'") => ({
  apiVersion: 'reenact.dev/v1' as const,
  kind: 'Pipeline' as const,
  name,
  model: 'single_ring' as const,
  input: 'webhooks',
  stages: [{ id: 'opened', kind: 'filter' as const, from: ['webhooks'], to: 'opened', when }],
});

describe('catalog governance', () => {
  let h: Harness;
  beforeAll(async () => {
    h = await startHarness();
  });
  afterAll(() => h?.stop());

  const change = (environmentId: string, ifRevision: number, posture: object, context = asUser()) =>
    h.call(changePosture, { environmentId, ifRevision, posture }, context);

  it('change-posture - tightens at once, on the revision that was read', async () => {
    const environmentId = (await h.environment('prod')).environment.id;
    const tight: Posture = { ...defaultPosture('prod'), capabilities: { 'nats:*': 'deny' } };
    expect(await change(environmentId, 1, tight)).toMatchObject({ state: 'applied', revision: 2, posture: tight });
    expect(await change(environmentId, 2, tight)).toMatchObject({ state: 'unchanged', revision: 2 });
    expect((await h.problem(changePosture, { environmentId, ifRevision: 1, posture: tight })).toDocument()).toMatchObject({
      code: 'precondition_failed',
      revision: 2,
    });
    const wrong = await h.problem(changePosture, { environmentId, ifRevision: 2, posture: { ...tight, extra: 1 } });
    expect(wrong.options.errors).toEqual([{ path: '/extra', message: 'is not a known field' }]);
    expect(await h.said(environmentId)).toMatchObject([
      { type: 'evt.catalog.environment.created.v1' },
      { type: 'evt.catalog.posture.changed.v1', version: 2, data: { revision: 2, before: defaultPosture('prod'), after: tight } },
    ]);
    expect((await h.call(readEnvironment, { environmentId })).postureRevision).toBe(2);
  });

  it('change-posture - loosening waits for another person, except in dev', async () => {
    const environmentId = (await h.environment('prod')).environment.id;
    const loose: Posture = { ...defaultPosture('prod'), requireDryRun: false };
    const requester = asUser();
    const asked = await change(environmentId, 1, loose, requester);
    expect(asked).toMatchObject({ state: 'pending', revision: 1, posture: defaultPosture('prod') });
    expect(await change(environmentId, 1, loose, requester)).toEqual(asked);
    const changeId = asked.changeId ?? '';
    const confirm = { environmentId, changeId, decision: 'confirm' as const };
    expect((await h.problem(decidePostureChange, confirm, requester)).code).toBe('self_approval');
    expect((await h.call(readPosture, { environmentId })).revision).toBe(1);
    const decider = asUser();
    const decided = await h.call(decidePostureChange, confirm, decider);
    expect(decided).toMatchObject({ state: 'confirmed', decidedBy: decider.actor, requestedBy: requester.actor });
    expect(await h.call(readPosture, { environmentId })).toMatchObject({ revision: 2, posture: loose });
    expect((await h.problem(decidePostureChange, confirm, decider)).code).toBe('posture_change_decided');
    expect((await h.call(listPostureChanges, { environmentId })).items).toEqual([decided]);
    expect((await h.said(changeId)).map(({ version, data }) => `${version} ${String(data.state)}`)).toEqual([
      '1 pending',
      '2 confirmed',
    ]);

    const dev = (await h.environment('dev')).environment.id;
    expect(await change(dev, 1, { ...defaultPosture('dev'), approval: { approvers: 1, maxTtl: 'P1D' } })).toMatchObject({
      state: 'applied',
    });
  });

  it('decide-posture-change - a change made for an older revision is superseded', async () => {
    const environmentId = (await h.environment('staging')).environment.id;
    const base = defaultPosture('staging');
    const { changeId = '' } = await change(environmentId, 1, { ...base, requireDryRun: false });
    await change(environmentId, 1, { ...base, capabilities: { '*': 'deny' } });
    const decided = await h.call(decidePostureChange, { environmentId, changeId, decision: 'confirm' }, asUser());
    expect(decided.state).toBe('superseded');
    expect(await h.call(readPosture, { environmentId })).toMatchObject({ revision: 2, posture: { requireDryRun: true } });
    const elsewhere = (await h.environment('staging')).environment.id;
    const missing = { environmentId: elsewhere, changeId, decision: 'confirm' as const };
    expect((await h.problem(decidePostureChange, missing)).code).toBe('not_found');
  });

  it('targets - say what they bear; another limit is another revision', async () => {
    const environmentId = (await h.environment()).environment.id;
    const create = { environmentId, name: 'slow', kind: 'http' as const, url: 'https://slow.example.com/' };
    for (const limits of [{ concurrency: 0 }, { perSecond: 1.5 }, { timeoutMs: 99 }])
      expect((await h.problem(createTarget, { ...create, limits })).code).toBe('validation_failed');
    const target = await h.call(createTarget, { ...create, limits: { concurrency: 2 } });
    expect(target).toMatchObject({ revision: 1, limits: { concurrency: 2 } });
    const update = (ifRevision: number, change: object) => h.call(updateTarget, { targetId: target.id, ifRevision, ...change });
    expect(await update(1, { limits: { concurrency: 2 } })).toEqual(target);
    expect(await update(1, { url: target.url })).toEqual(target);
    expect(await update(1, { limits: { perSecond: 5 } })).toEqual({ ...target, limits: { perSecond: 5 }, revision: 2 });
    expect(await update(2, { limits: {} })).not.toHaveProperty('limits');
  });

  it('targets - pin, resolve, and notice every change', async () => {
    const environmentId = (await h.environment()).environment.id;
    const create = { environmentId, name: 'triage', kind: 'http' as const, url: 'https://tickets.example.com/' };
    const target = await h.call(createTarget, { ...create, headers: { Authorization: { secretRef: 'tickets' } } });
    expect(target).toMatchObject({ revision: 1, headers: { authorization: { secretRef: 'tickets' } } });
    expect((await h.problem(createTarget, create)).code).toBe('slug_taken');
    expect((await h.problem(createTarget, { ...create, name: 'b', url: 'http://a:b@c/' })).code).toBe('validation_failed');

    const { targets: pins } = await h.call(pinTargets, { environmentId, names: ['triage', 'none'] });
    expect(pins).toEqual([{ id: target.id, name: 'triage', revision: 1, kind: 'http' }]);
    const pinned = pins.map(({ id, name, revision }) => ({ id, name, revision }));
    expect(await h.call(resolveTargets, { environmentId, targets: pinned })).toEqual({ targets: [target] });

    const update = { targetId: target.id, ifRevision: 1, url: 'https://tickets.example.com/v2/' };
    expect(await h.call(updateTarget, { ...update, url: create.url })).toEqual(target);
    const updated = await h.call(updateTarget, update);
    expect(updated).toEqual({ ...target, url: update.url, revision: 2 });
    expect((await h.problem(updateTarget, update)).code).toBe('precondition_failed');
    expect((await h.problem(resolveTargets, { environmentId, targets: pinned })).code).toBe('target_changed');

    const elsewhere = (await h.environment()).environment.id;
    const now = pinned.map((pin) => ({ ...pin, revision: 2 }));
    expect((await h.problem(resolveTargets, { environmentId: elsewhere, targets: now })).code).toBe('target_unknown');
    expect((await h.call(listTargets, { environmentId })).items).toEqual([updated]);
    expect(await h.call(removeTarget, { targetId: target.id })).toEqual({ removed: true });
    expect(await h.call(removeTarget, { targetId: target.id })).toEqual({ removed: false });
    expect((await h.problem(readTarget, { targetId: target.id })).code).toBe('not_found');
    expect((await h.problem(resolveTargets, { environmentId, targets: now })).code).toBe('target_unknown');
    expect((await h.said(target.id)).map(({ version }) => version)).toEqual([1, 2, 3]);
  });

  it('register-version - once per project and spec, also many at once', async () => {
    const { project } = await h.environment();
    const register = { projectId: project.id, pipeline: 'triage', spec: spec('triage') };
    const answers = await Promise.all(Array.from({ length: 6 }, () => h.call(registerVersion, register)));
    expect(new Set(answers.map(({ version }) => version.id)).size).toBe(1);
    expect(answers.filter(({ existed }) => !existed)).toHaveLength(1);
    const { version } = answers[0];
    expect(version).toMatchObject({ specHash: specHash(spec('triage')), spec: spec('triage'), state: 'active' });
    expect(await h.call(readVersion, { versionId: version.id })).toEqual(version);

    expect((await h.problem(registerVersion, { ...register, pipeline: 'other' })).options.errors?.[0].path).toBe('/name');
    expect((await h.problem(registerVersion, { ...register, spec: { ...spec('triage'), stages: [] } })).code).toBe(
      'spec_invalid',
    );
    expect((await h.problem(registerVersion, { ...register, projectId: newId('project') })).code).toBe('not_found');

    const retired = await h.call(retireVersion, { versionId: version.id });
    expect(retired.state).toBe('retired');
    expect(await h.call(retireVersion, { versionId: version.id })).toEqual(retired);
    expect(await h.call(registerVersion, register)).toEqual({ version, existed: true });
    expect((await h.said(version.id)).map((said) => said.version)).toEqual([1, 2, 3]);

    const other = await h.call(registerVersion, { ...register, pipeline: 'other', spec: spec('other') });
    const list = (more: object) => h.call(listVersions, { projectId: project.id, ...more });
    expect((await list({})).items.map(({ pipeline }) => pipeline)).toEqual(['other', 'triage']);
    expect((await list({ pipeline: 'triage' })).items).toEqual([version]);
    expect((await list({ specHash: other.version.specHash })).items).toEqual([other.version]);
  });

  it('read-version - finds a spec in the projects of an organisation that the caller may see', async () => {
    const { organisation, project } = await h.environment();
    const second = await h.call(createProject, { orgId: organisation.id, slug: 'second', name: 'Second' });
    const foreign = (await h.environment()).project;
    const [mine, other] = await Promise.all(
      [project, second, foreign].map(({ id: projectId }) =>
        h.call(registerVersion, { projectId, pipeline: 'triage', spec: spec('triage') }).then(({ version }) => version),
      ),
    );
    const found = async (more: object) =>
      (await h.call(findVersions, { orgId: organisation.id, specHash: mine.specHash, ...more })).items.map(({ id }) => id);
    expect((await found({})).sort()).toEqual([mine.id, other.id].sort());
    expect(await found({ projectIds: [project.id, foreign.id] })).toEqual([mine.id]);
    expect(await found({ specHash: `sha256:${'0'.repeat(64)}` })).toEqual([]);
  });

  it('read-replay-facts - everything of one moment, null for what is not there', async () => {
    const { project, environment } = await h.environment();
    const environmentId = environment.id;
    const { token } = await h.call(issueEnrolmentToken, { environmentId });
    const { agentId } = await h.call(enrolAgent, { tokenHash: secretHash(token), environmentId });
    const register = (when: string) =>
      h.call(registerVersion, { projectId: project.id, pipeline: 'triage', spec: spec('triage', when) });
    const { version: recorded } = await register('true');
    const { version: fixed } = await register('false');
    const target = await h.call(createTarget, { environmentId, name: 'triage', kind: 'http', url: 'http://t/' });
    const pin = { id: target.id, name: 'triage', revision: 1 };
    const facts = await h.call(readReplayFacts, {
      environmentId,
      agentId,
      specHash: recorded.specHash,
      versionId: fixed.id,
      targets: [pin, { ...pin, name: 'gone' }],
    });
    expect(facts).toEqual({
      environment,
      agentState: 'active',
      posture: await h.call(readPosture, { environmentId }),
      recordedVersion: recorded,
      otherVersion: fixed,
      targets: [pin],
    });
    const same = await h.call(readReplayFacts, { environmentId, agentId, specHash: recorded.specHash, versionId: recorded.id });
    expect([same.recordedVersion, same.otherVersion]).toEqual([recorded, recorded]);

    const stranger = await h.environment();
    const elsewhere = { environmentId: stranger.environment.id, agentId, specHash: recorded.specHash, versionId: fixed.id };
    expect(await h.call(readReplayFacts, elsewhere)).toMatchObject({
      agentState: null,
      recordedVersion: null,
      otherVersion: null,
    });
    const none = { environmentId: newId('environment'), agentId, specHash: sha256('x') };
    expect(await h.call(readReplayFacts, none)).toMatchObject({
      environment: null,
      posture: null,
      agentState: null,
      targets: [],
    });
  });
});
