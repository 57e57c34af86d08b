import {
  addNote,
  type ArtifactStored,
  agentRefused,
  approvalDecided,
  approvalRequested,
  artifactStored,
  incidentOpened,
  listIncidents,
  listTimeline,
  locateResource,
  newId,
  newUuid,
  openIncident,
  postureChanged,
  readIncident,
  type ReplayChanged,
  type ReplayState,
  replayEntered,
  replayResolved,
  sha256,
  updateIncident,
  switchSet,
  useSettled,
} from '@reenact/contracts';
import { asUser, eventually } from '@reenact/testing';
import { type Harness, type Place, place, startHarness } from './incident.harness.js';

const stored = (change: Partial<ArtifactStored> = {}): ArtifactStored => ({
  artifactId: newId('artifact'),
  type: 'incident_bundle',
  sha256: sha256(newUuid()),
  size: 4096,
  agentId: newId('agent'),
  specHash: sha256('spec'),
  capturedAt: '2026-11-23T12:00:00.000Z',
  records: 40,
  incident: { title: 'Tickets are not made', severity: 'high', fingerprint: newUuid(), labels: { team: 'triage' } },
  ...change,
});

const replay = (
  artifactId: string,
  replayId: string,
  state: ReplayState,
  change: Partial<ReplayChanged> = {},
): ReplayChanged => ({
  replayId,
  mode: 'dry_run',
  state,
  artifactId,
  requestedBy: { kind: 'user', id: newId('user') },
  at: new Date().toISOString(),
  ...change,
});

describe('incident', () => {
  let h: Harness;
  beforeAll(async () => {
    h = await startHarness();
  });
  afterAll(() => h?.stop());

  const store = (data: ArtifactStored, at: Place, id?: string) =>
    h.publish(
      artifactStored,
      data,
      at,
      { id: data.artifactId, version: 1 },
      { ...(id && { id }), actor: { kind: 'agent', id: data.agentId } },
    );
  const opened = async (at = place(), change: Partial<ArtifactStored> = {}) => {
    const data = stored(change);
    await h.taken(await store(data, at));
    return { data, at, incident: await h.incidentOf(data.artifactId) };
  };
  const timeline = async (incidentId: string) => (await h.call(listTimeline, { incidentId, limit: 100 })).items;
  const kinds = async (incidentId: string) => (await timeline(incidentId)).map(({ kind }) => kind);

  it('open-incident - a bundle opens an incident and says so, with the artifact', async () => {
    const { data, at, incident } = await opened();
    expect(incident).toMatchObject({
      ...at,
      title: 'Tickets are not made',
      severity: 'high',
      state: 'open',
      fingerprint: data.incident?.fingerprint,
      occurrences: 1,
      agentId: data.agentId,
      labels: { team: 'triage' },
      firstSeenAt: data.capturedAt,
      revision: 1,
    });
    const [said] = await h.rows<{ payload: string; headers: Record<string, string> }>(
      "select payload, headers from incident.outbox where headers ->> 'ce-subject' = $1",
      [`incident/${incident.id}`],
    );
    expect(JSON.parse(said.payload)).toMatchObject({ artifactId: data.artifactId, agentId: data.agentId, occurrences: 1 });
    expect(said.headers).toMatchObject({ 'ce-type': incidentOpened.type, 'ce-actor': `agent:${data.agentId}` });
    expect(await kinds(incident.id)).toEqual(expect.arrayContaining(['incident.opened', 'artifact.stored']));
    expect((await h.call(locateResource.incident, { id: incident.id })).scope).toEqual({ id: incident.id, ...at });
    expect((await h.call(locateResource.incident, { id: newId('incident') })).scope).toBeNull();
  });

  it('open-incident - equal bundles at once are one incident; a recurrence opens a resolved one again', async () => {
    const at = place();
    const first = stored();
    const { incident: captured } = first;
    const envelopes = await Promise.all(
      [first, ...Array.from({ length: 4 }, () => stored({ incident: captured }))].map((each) => store(each, at)),
    );
    await h.taken(...envelopes);
    const incident = await h.incidentOf(first.artifactId);
    expect(incident).toMatchObject({ occurrences: 5, revision: 5 });
    const resolved = await h.call(updateIncident, { incidentId: incident.id, ifRevision: 5, state: 'resolved' });
    expect(resolved.state).toBe('resolved');
    const again = stored({ incident: captured, capturedAt: '2026-11-23T13:00:00.000Z' });
    await h.taken(await store(again, at));
    expect(await h.incidentOf(again.artifactId)).toMatchObject({
      id: incident.id,
      state: 'open',
      occurrences: 6,
      revision: 7,
      agentId: again.agentId,
      lastSeenAt: again.capturedAt,
    });
    const elsewhere = await opened(place(), { incident: captured });
    expect(elsewhere.incident.id).not.toBe(incident.id);
  });

  it('open-incident - the same message twice counts once', async () => {
    const at = place();
    const data = stored();
    const id = newUuid();
    await store(data, at, id);
    const second = await store(data, at, id);
    const marker = await store(stored(), at);
    await h.taken(second, marker);
    expect((await h.incidentOf(data.artifactId)).occurrences).toBe(1);
  });

  it('open-incident - by hand, once per idempotency key', async () => {
    const at = place();
    const person = asUser();
    const idempotency = { caller: person.actor.id, route: 'POST incidents', key: newUuid(), requestHash: sha256('a') };
    const request = { ...at, title: 'Phone rings', severity: 'low' as const, idempotency };
    const incident = await h.call(openIncident, request, person);
    expect(await h.call(openIncident, request, person)).toEqual(incident);
    expect(incident).toMatchObject({ occurrences: 1, labels: {} });
    const other = await h.call(openIncident, { ...at, title: 'Phone rings', severity: 'low' }, person);
    expect(other.id).not.toBe(incident.id);
    const same = await h.call(openIncident, { ...at, title: 'x', severity: 'low', fingerprint: other.fingerprint }, person);
    expect(same).toMatchObject({ id: other.id, occurrences: 2, title: 'Phone rings' });
  });

  it('update-incident - on the revision that was read, and says what changed', async () => {
    const { incident } = await opened();
    const incidentId = incident.id;
    const assignee = newId('user');
    const changed = await h.call(updateIncident, { incidentId, ifRevision: 1, state: 'acknowledged', assignee });
    expect(changed).toEqual({ ...incident, state: 'acknowledged', assignee, revision: 2 });
    await expect(h.call(updateIncident, { incidentId, ifRevision: 1, title: 'x' })).rejects.toMatchObject({
      code: 'precondition_failed',
    });
    expect(await h.call(updateIncident, { incidentId, ifRevision: 2, assignee })).toEqual(changed);
    const { assignee: _assignee, ...rest } = changed;
    expect(await h.call(updateIncident, { incidentId, ifRevision: 2, assignee: null })).toEqual({ ...rest, revision: 3 });
    expect(await h.said(incidentId)).toEqual(['incident.opened 1', 'incident.changed 2', 'incident.changed 3']);
    expect((await timeline(incidentId))[0]).toMatchObject({
      kind: 'incident.changed',
      data: { assignee: { from: assignee, to: null } },
    });
    const unknown = { incidentId: newId('incident'), ifRevision: 1 };
    await expect(h.call(updateIncident, unknown)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('add-note - once per idempotency key, in the timeline', async () => {
    const { incident } = await opened();
    const person = asUser();
    const note = await h.call(addNote, { incidentId: incident.id, text: 'The ticket server was restarted' }, person);
    expect(note).toMatchObject({ kind: 'note.added', text: 'The ticket server was restarted', actor: person.actor });
    expect((await timeline(incident.id))[0]).toEqual(note);
    const idempotency = { caller: person.actor.id, route: 'POST notes', key: newUuid(), requestHash: sha256('a') };
    const once = await h.call(addNote, { incidentId: incident.id, text: 'Once', idempotency }, person);
    expect(await h.call(addNote, { incidentId: incident.id, text: 'Once', idempotency }, person)).toEqual(once);
    await expect(h.call(addNote, { incidentId: newId('incident'), text: 'x' })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('read-incident - lists by filters, page by page', async () => {
    const at = place();
    const other = { ...at, projectId: newId('project'), environmentId: newId('environment') };
    const [a, b, c] = [await opened(at), await opened(at), await opened(other)].map(({ incident }) => incident);
    const list = async (filter: object) =>
      (await h.call(listIncidents, { orgId: at.orgId, ...filter })).items.map(({ id }) => id);
    expect(await list({})).toEqual([c.id, b.id, a.id]);
    expect(await list({ projectIds: [at.projectId] })).toEqual([b.id, a.id]);
    expect(await list({ projectIds: [] })).toEqual([]);
    expect(await list({ environmentId: other.environmentId })).toEqual([c.id]);
    expect(await list({ agentId: a.agentId })).toEqual([a.id]);
    await h.call(updateIncident, { incidentId: b.id, ifRevision: 1, state: 'resolved', severity: 'low' });
    expect(await list({ state: 'resolved' })).toEqual([b.id]);
    expect(await list({ state: 'open', severity: 'high' })).toEqual([c.id, a.id]);
    const page = await h.call(listIncidents, { orgId: at.orgId, limit: 2 });
    expect(page.items).toHaveLength(2);
    expect(await list({ limit: 2, cursor: page.nextCursor })).toEqual([a.id]);
    await expect(h.call(readIncident, { incidentId: newId('incident') })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('follow - replays, approvals, posture and refusals appear, whoever is faster', async () => {
    const at = place();
    const data = stored();
    const replayId = newId('replay');
    const approvalId = newId('approval');
    const fact = {
      approvalId,
      action: 'replay_execute' as const,
      artifactId: data.artifactId,
      requestedBy: { kind: 'user' as const, id: newId('user') },
    };
    // Before the artifact itself is known:
    const early = [
      await h.publish(replayEntered.requested, replay(data.artifactId, replayId, 'requested', { reason: 'Why' }), at, {
        id: replayId,
        version: 1,
      }),
      await h.publish(approvalRequested, { ...fact, state: 'pending', needed: 1, reason: 'Please' }, at, {
        id: approvalId,
        version: 1,
      }),
    ];
    await h.taken(...early);
    await h.taken(await store(data, at));
    const incident = await h.incidentOf(data.artifactId);
    const late = [
      await h.publish(
        replayEntered.succeeded,
        replay(data.artifactId, replayId, 'succeeded', { planDigest: sha256('plan') }),
        at,
        { id: replayId, version: 3 },
      ),
      await h.publish(replayEntered.checking, replay(data.artifactId, replayId, 'checking'), at, { id: replayId, version: 2 }),
      await h.publish(replayResolved, { replayId, state: 'indeterminate', outcome: 'performed' }, at, {
        id: replayId,
        version: 4,
      }),
      await h.publish(approvalDecided, { ...fact, state: 'approved', decision: 'approve', reason: 'Fine' }, at, {
        id: approvalId,
        version: 2,
      }),
      await h.publish(postureChanged, { revision: 2, before: {}, after: {} }, at, { id: at.environmentId, version: 2 }),
      await h.publish(
        agentRefused,
        { agentId: data.agentId, minute: '2026-11-23T12:00:00.000Z', status: 403, code: 'scope_missing', count: 3 },
        at,
        { id: data.agentId, version: 1 },
      ),
    ];
    await h.taken(...late);
    const settled = await h.publish(useSettled, { approvalId, replayId }, at, { id: approvalId, version: 3 });
    await h.taken(settled);
    expect((await kinds(incident.id)).sort()).toEqual([
      'agent.refused',
      'approval.decided',
      'approval.requested',
      'approval.settled',
      'artifact.stored',
      'incident.opened',
      'posture.changed',
      'replay.requested',
      'replay.resolved',
      'replay.succeeded',
    ]);
    const [projected] = await h.rows<{ replay: object }>('select replay from incident.replay where id = $1', [replayId]);
    expect(projected.replay).toMatchObject({
      state: 'succeeded',
      reason: 'Why',
      planDigest: sha256('plan'),
      resolution: { outcome: 'performed' },
    });
    const [approval] = await h.rows<{ approval: object; decisions: object[] }>('select * from incident.approval where id = $1', [
      approvalId,
    ]);
    expect(approval.approval).toMatchObject({ state: 'used', replayId, reason: 'Please', needed: 1 });
    expect(approval.decisions).toMatchObject([{ decision: 'approve', reason: 'Fine' }]);
  });

  it('follow - a stop of the environment is told by whom and why, and so is the end of a replay', async () => {
    const { data, at, incident } = await opened();
    const replayId = newId('replay');
    const detail = 'Olivia stopped the execution of the environment: The ticket system is down.';
    const reason = 'The ticket system is down';
    const set = { environmentId: at.environmentId, before: 'running' as const, after: 'stopped' as const, reason };
    await h.taken(
      await h.publish(switchSet, set, at, { id: at.environmentId, version: 1 }),
      await h.publish(replayEntered.cancelled, replay(data.artifactId, replayId, 'cancelled', { detail }), at, {
        id: replayId,
        version: 6,
      }),
    );
    const told = await timeline(incident.id);
    expect(told.find(({ kind }) => kind === 'switch.set')).toMatchObject({
      actor: { kind: 'user' },
      text: reason,
      data: { before: 'running', after: 'stopped' },
    });
    expect(told.find(({ kind }) => kind === 'replay.cancelled')).toMatchObject({ text: detail });
  });

  it('follow - what is said of an unknown replay waits for it', async () => {
    const { data, at, incident } = await opened();
    const replayId = newId('replay');
    const resolved = await h.publish(replayResolved, { replayId, state: 'indeterminate', outcome: 'not_performed' }, at, {
      id: replayId,
      version: 9,
    });
    await eventually(async () => {
      expect(await h.rows('select n from incident.failed_delivery where message_id = $1', [resolved.id])).not.toHaveLength(0);
    });
    await h.taken(
      await h.publish(replayEntered.indeterminate, replay(data.artifactId, replayId, 'indeterminate'), at, {
        id: replayId,
        version: 8,
      }),
    );
    await h.taken(resolved);
    expect(await kinds(incident.id)).toEqual(expect.arrayContaining(['replay.resolved', 'replay.indeterminate']));
  });

  it('read-timeline - pages newest first, and what lies around an ended incident is left out', async () => {
    const { at, incident } = await opened(undefined, { capturedAt: new Date().toISOString() });
    const incidentId = incident.id;
    for (let n = 0; n < 3; n += 1) await h.call(addNote, { incidentId, text: `note ${n}` });
    const first = await h.call(listTimeline, { incidentId, limit: 2 });
    expect(first.items.map(({ text }) => text)).toEqual(['note 2', 'note 1']);
    const second = await h.call(listTimeline, { incidentId, limit: 2, cursor: first.nextCursor ?? '' });
    expect(second.items[0].text).toBe('note 0');
    await h.call(updateIncident, { incidentId, ifRevision: 1, state: 'resolved' });
    const later = new Date(Date.now() + 60_000);
    const hex = later.getTime().toString(16).padStart(12, '0');
    const id = `${hex.slice(0, 8)}-${hex.slice(8)}${newUuid().slice(13)}`;
    await h.taken(
      await h.publish(postureChanged, { revision: 2, before: {}, after: {} }, at, { id: at.environmentId, version: 2 }, { id }),
    );
    expect(await kinds(incidentId)).not.toContain('posture.changed');
  });
});
