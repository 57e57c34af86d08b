import {
  acknowledgeEscalation,
  agentDisabled,
  agentRefused,
  agentReturned,
  agentSequenceGap,
  agentSilent,
  approvalDecided,
  artifactQuarantined,
  artifactRepeated,
  artifactRestored,
  artifactStored,
  type Envelope,
  type Escalation,
  type EscalationKind,
  listEscalations,
  listTimeline,
  locateResource,
  newId,
  newUuid,
  readIncidentContext,
  type ReplayChanged,
  type ReplayState,
  replayEntered,
  replayResolved,
  sha256,
  versionRegistered,
} from '@reenact/contracts';
import { CloseQuietHandler } from './close-escalation/close-quiet.handler.js';
import { asUser } from '@reenact/testing';
import { type Harness, type Place, place, startHarness } from './incident.harness.js';

describe('escalations', () => {
  let h: Harness;
  beforeAll(async () => {
    h = await startHarness();
  });
  afterAll(() => h?.stop());

  const list = async (at: Place, filter: { kind?: EscalationKind; state?: Escalation['state'] } = {}) =>
    (await h.call(listEscalations, { orgId: at.orgId, ...filter })).items;
  const only = async (at: Place): Promise<Escalation> => {
    const items = await list(at);
    expect(items).toHaveLength(1);
    return items[0];
  };
  const store = async (at: Place, change: { agentId?: string; bootId?: string; sequence?: number; specHash?: string } = {}) => {
    const artifactId = newId('artifact');
    const agentId = change.agentId ?? newId('agent');
    const incident = { title: 'Tickets are not made', severity: 'high' as const, fingerprint: newUuid() };
    const capturedAt = new Date().toISOString();
    const data = { artifactId, type: 'incident_bundle' as const, sha256: sha256(artifactId), size: 1, capturedAt, incident };
    await h.taken(await h.publish(artifactStored, { ...data, ...change, agentId }, at, { id: artifactId, version: 1 }));
    return { artifactId, agentId, incidentId: (await h.incidentOf(artifactId)).id };
  };
  const replay = async (at: Place, artifactId: string, state: ReplayState, change: Partial<ReplayChanged> = {}, version = 3) => {
    const replayId = change.replayId ?? newId('replay');
    const requestedBy = { kind: 'user' as const, id: newId('user') };
    const said = { replayId, mode: 'execute' as const, state, artifactId, requestedBy, at: new Date().toISOString(), ...change };
    await h.taken(await h.publish(replayEntered[state], said, at, { id: replayId, version }));
    return replayId;
  };
  const agent = (agentId: string, state: 'active' | 'silent' | 'disabled') => ({
    agentId,
    name: 'triage-1',
    state,
    lastHeartbeatAt: '2026-11-23T12:00:00.000Z',
  });
  const taken = async (published: Promise<Envelope>) => h.taken(await published);
  const said = async (id: string) =>
    (await h.said(id)).filter((line) => line.startsWith('escalation.')).map((line) => line.slice('escalation.'.length));

  it('a silent agent opens one, its return closes it, whoever is faster', async () => {
    const at = place();
    const agentId = newId('agent');
    const tell = (contract: typeof agentSilent, state: 'active' | 'silent', version: number) =>
      taken(h.publish(contract, agent(agentId, state), at, { id: agentId, version }));
    await tell(agentSilent, 'silent', 2);
    const opened = await only(at);
    expect(opened).toMatchObject({
      ...at,
      kind: 'heartbeats_missing',
      state: 'open',
      agentId,
      subject: agentId,
      count: 1,
      evidence: { name: 'triage-1', lastHeartbeatAt: '2026-11-23T12:00:00.000Z' },
    });
    expect(opened.remedy).not.toBe('');
    await tell(agentReturned, 'active', 5);
    await tell(agentSilent, 'silent', 4);
    expect(await only(at)).toMatchObject({ id: opened.id, state: 'closed', closedAt: expect.any(String) });
    await tell(agentSilent, 'silent', 6);
    expect((await list(at)).map(({ state }) => state)).toEqual(['open', 'closed']);
    await taken(h.publish(agentDisabled, agent(agentId, 'disabled'), at, { id: agentId, version: 7 }));
    expect(await list(at, { state: 'open' })).toEqual([]);
    expect(await said(opened.id)).toEqual(['opened 1', 'closed 2']);
  });

  it('is acknowledged once, by a person, and shown in the incident of its agent', async () => {
    const at = place();
    const { agentId, incidentId } = await store(at);
    await taken(h.publish(agentSilent, agent(agentId, 'silent'), at, { id: agentId, version: 2 }));
    const { id: escalationId } = await only(at);
    const person = asUser();
    const acknowledged = await h.call(acknowledgeEscalation, { escalationId }, person);
    expect(acknowledged).toMatchObject({ state: 'acknowledged', acknowledgedBy: person.actor.id });
    expect(await h.call(acknowledgeEscalation, { escalationId })).toEqual(acknowledged);
    await expect(h.call(acknowledgeEscalation, { escalationId: newId('escalation') })).rejects.toMatchObject({
      code: 'not_found',
    });
    expect((await h.call(readIncidentContext, { incidentId })).escalations).toEqual([acknowledged]);
    const kinds = (await h.call(listTimeline, { incidentId })).items.map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['agent.silent', 'escalation.opened', 'escalation.acknowledged']));
    expect(await said(escalationId)).toEqual(['opened 1', 'acknowledged 2']);
    expect((await h.call(locateResource.incident, { id: escalationId })).scope).toEqual({ id: escalationId, ...at });
    expect((await h.call(locateResource.incident, { id: newId('escalation') })).scope).toBeNull();
  });

  it('numbers that did not arrive make one per boot; uploads that come after all close it', async () => {
    const at = place();
    const agentId = newId('agent');
    const gap = (from: number, to: number) =>
      taken(h.publish(agentSequenceGap, { agentId, kind: 'upload', bootId: 'b1', from, to }, at, { id: agentId, version: 1 }));
    await gap(2, 3);
    await gap(5, 5);
    const missing = [
      { from: 2, to: 3 },
      { from: 5, to: 5 },
    ];
    expect(await only(at)).toMatchObject({ kind: 'sequence_gap', agentId, count: 2, evidence: { bootId: 'b1', missing } });
    await store(at, { agentId, bootId: 'b1', sequence: 3 });
    await store(at, { agentId, bootId: 'b1', sequence: 5 });
    expect(await only(at)).toMatchObject({ state: 'open', evidence: { missing: [{ from: 2, to: 2 }] } });
    await store(at, { agentId, bootId: 'b2', sequence: 2 });
    expect((await only(at)).state).toBe('open');
    const known = { artifactId: newId('artifact'), agentId };
    const again = { ...known, bootId: 'b1', sequence: 2 };
    await taken(h.publish(artifactRepeated, again, at, { id: known.artifactId, version: 1 }));
    expect(await only(at)).toMatchObject({ state: 'closed', evidence: { missing: [] } });
  });

  it('a burst of refusals makes one, a slip none; both it and lost heartbeats heal by quiet', async () => {
    const at = place();
    const agentId = newId('agent');
    const refused = (minute: number, count: number, code = 'rate_limited') =>
      taken(
        h.publish(agentRefused, { agentId, minute: `2026-11-23T12:0${minute}:00.000Z`, status: 429, code, count }, at, {
          id: agentId,
          version: minute,
        }),
      );
    await refused(0, 9);
    await refused(6, 1);
    expect(await list(at)).toEqual([]);
    await refused(6, 5);
    await refused(7, 4, 'digest_mismatch');
    expect(await only(at)).toMatchObject({
      kind: 'agent_refusals',
      agentId,
      evidence: {
        refusals: [
          { status: 429, code: 'rate_limited', count: 6 },
          { status: 429, code: 'digest_mismatch', count: 4 },
        ],
      },
    });
    const lost = { agentId, kind: 'heartbeat' as const, bootId: 'b1', from: 1, to: 2 };
    await taken(h.publish(agentSequenceGap, lost, at, { id: agentId, version: 1 }));
    await h.get(CloseQuietHandler).execute();
    expect(await list(at, { state: 'open' })).toHaveLength(2);
    await h.rows("update incident.escalation set last_seen_at = now() - interval '16 minutes' where org_id = $1", [at.orgId]);
    await h.get(CloseQuietHandler).execute();
    expect(await list(at, { state: 'open' })).toEqual([]);
  });

  it('a spec hash that does not resolve is one until the version is registered', async () => {
    const at = place();
    const specHash = sha256(newUuid());
    const { artifactId, incidentId } = await store(at, { specHash });
    const codes = ['spec_hash_unresolved', 'approval_missing'];
    await replay(at, artifactId, 'rejected', { codes });
    await replay(at, artifactId, 'rejected', { codes: ['spec_hash_unresolved', 'dry_run_missing'] });
    expect(await list(at, { kind: 'spec_hash_unresolved' })).toMatchObject([
      { state: 'open', incidentId, count: 2, evidence: { artifactId, specHash } },
    ]);
    const version = { versionId: newId('version'), pipeline: 'numbers', specHash };
    const elsewhere = { ...at, projectId: newId('project') };
    await taken(h.publish(versionRegistered, version, elsewhere, { id: version.versionId, version: 1 }));
    expect(await list(at, { kind: 'spec_hash_unresolved', state: 'open' })).toHaveLength(1);
    await taken(h.publish(versionRegistered, version, at, { id: version.versionId, version: 1 }));
    expect(await list(at, { state: 'open' })).toMatchObject([{ kind: 'approval_missing' }]);
  });

  it('a missing approval is one until it is given, or a replay passes its checks', async () => {
    const at = place();
    const { artifactId } = await store(at);
    await replay(at, artifactId, 'rejected', { codes: ['approval_missing'] });
    const approvalId = newId('approval');
    const fact = {
      approvalId,
      artifactId,
      requestedBy: { kind: 'user' as const, id: newId('user') },
      state: 'approved' as const,
      decision: 'approve' as const,
    };
    const approve = (action: 'replay_execute' | 'replay_dry_run', id: string) =>
      taken(h.publish(approvalDecided, { ...fact, approvalId: id, action }, at, { id, version: 2 }));
    await approve('replay_dry_run', newId('approval'));
    expect((await only(at)).state).toBe('open');
    await approve('replay_execute', approvalId);
    expect((await only(at)).state).toBe('closed');
    await replay(at, artifactId, 'rejected', { codes: ['approval_missing', 'environment_unresolved'] });
    expect((await list(at, { state: 'open' })).map(({ kind }) => kind).sort()).toEqual([
      'approval_missing',
      'environment_unresolved',
    ]);
    await replay(at, artifactId, 'dispatching');
    expect(await list(at, { state: 'open' })).toEqual([]);
  });

  it('an indeterminate replay is one until a person resolves it; evidence that comes late links it', async () => {
    const at = place();
    const artifactId = newId('artifact');
    const replayId = await replay(at, artifactId, 'indeterminate', {}, 6);
    const opened = await only(at);
    expect(opened).toMatchObject({ kind: 'replay_indeterminate', subject: replayId, evidence: { replayId, artifactId } });
    expect(opened.incidentId).toBeUndefined();
    const incident = { title: 'Tickets', severity: 'high' as const, fingerprint: newUuid() };
    const capturedAt = new Date().toISOString();
    const data = { artifactId, type: 'incident_bundle' as const, sha256: sha256(artifactId), size: 1, capturedAt, incident };
    await taken(h.publish(artifactStored, { ...data, agentId: newId('agent') }, at, { id: artifactId, version: 1 }));
    expect((await only(at)).incidentId).toBe((await h.incidentOf(artifactId)).id);
    const resolution = { replayId, state: 'indeterminate' as const, outcome: 'performed' };
    await taken(h.publish(replayResolved, resolution, at, { id: replayId, version: 7 }));
    expect((await only(at)).state).toBe('closed');
    await replay(at, artifactId, 'indeterminate', { replayId }, 6);
    expect((await only(at)).state).toBe('closed');
  });

  it('damaged evidence is one until it was uploaded again', async () => {
    const at = place();
    const { artifactId, agentId, incidentId } = await store(at);
    const fact = { artifactId, agentId, sha256: sha256('as it was') };
    await taken(h.publish(artifactQuarantined, { ...fact, found: sha256('now') }, at, { id: artifactId, version: 2 }));
    expect(await only(at)).toMatchObject({ kind: 'evidence_corrupt', state: 'open', incidentId, agentId });
    await taken(h.publish(artifactRestored, fact, at, { id: artifactId, version: 3 }));
    expect((await only(at)).state).toBe('closed');
  });

  it('is listed by place and state, page by page', async () => {
    const at = place();
    const other = { ...at, projectId: newId('project'), environmentId: newId('environment') };
    for (const where of [at, at, other]) {
      const agentId = newId('agent');
      await taken(h.publish(agentSilent, agent(agentId, 'silent'), where, { id: agentId, version: 2 }));
    }
    const ask = async (filter: object) => (await h.call(listEscalations, { orgId: at.orgId, ...filter })).items;
    const [c, b, a] = await ask({});
    expect(await ask({ projectIds: [at.projectId] })).toEqual([b, a]);
    expect(await ask({ projectIds: [] })).toEqual([]);
    expect(await ask({ environmentId: other.environmentId })).toEqual([c]);
    expect(await ask({ agentId: a.agentId })).toEqual([a]);
    expect(await ask({ state: 'acknowledged' })).toEqual([]);
    const { nextCursor } = await h.call(listEscalations, { orgId: at.orgId, limit: 2 });
    expect(await ask({ limit: 2, cursor: nextCursor })).toEqual([a]);
  });
});
