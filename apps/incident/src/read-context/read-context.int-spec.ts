import {
  artifactStored,
  type Environment,
  listHeartbeats,
  listRefusals,
  newId,
  newUuid,
  readAgent,
  readEnvironment,
  readIncidentContext,
  readPosture,
  replayEntered,
  sha256,
} from '@reenact/contracts';
import { answering, type TestResponder, testResponder } from '@reenact/testing';
import { type Harness, type Place, place, startHarness } from '../incident.harness.js';

describe('read-context', () => {
  let h: Harness;
  let at: Place;
  const agentId = newId('agent');
  const artifactIds: string[] = [];
  let incidentId: string;

  beforeAll(async () => {
    h = await startHarness();
    at = place();
    const fingerprint = newUuid();
    const store = async (type: 'incident_bundle' | 'snapshot') => {
      const artifactId = newId('artifact');
      const incident = { title: 'Tickets are not made', severity: 'high' as const, fingerprint };
      const data = { artifactId, type, sha256: sha256(artifactId), size: 1, agentId, capturedAt: new Date().toISOString() };
      const envelope = await h.publish(artifactStored, { ...data, ...(type === 'incident_bundle' && { incident }) }, at, {
        id: artifactId,
        version: 1,
      });
      await h.taken(envelope);
      return artifactId;
    };
    artifactIds.push(await store('incident_bundle'), await store('incident_bundle'));
    for (let n = 0; n < 6; n += 1) await store('snapshot');
    incidentId = (await h.incidentOf(artifactIds[0])).id;
    const replayId = newId('replay');
    const requestedBy = { kind: 'user' as const, id: newId('user') };
    const said = {
      replayId,
      mode: 'execute' as const,
      state: 'rejected' as const,
      artifactId: artifactIds[0],
      requestedBy,
      codes: ['approval_missing'],
      at: new Date().toISOString(),
    };
    await h.taken(await h.publish(replayEntered.rejected, said, at, { id: replayId, version: 3 }));
  });
  afterAll(() => h?.stop());

  it('says what it knows when nobody else answers', async () => {
    const context = await h.call(readIncidentContext, { incidentId });
    expect(context).toMatchObject({
      incident: { id: incidentId, occurrences: 2 },
      agent: null,
      environment: null,
      posture: null,
      heartbeats: [],
      refusals: [],
      deployment: null,
      deploymentApproval: null,
      approvals: [],
      escalations: [{ kind: 'approval_missing', state: 'open', incidentId }],
      truncated: ['snapshots'],
    });
    expect(context.artifacts).toMatchObject([...artifactIds].reverse().map((id) => ({ id, incidentId, state: 'stored' })));
    expect(context.snapshots).toHaveLength(5);
    expect(context.replays).toMatchObject([
      { state: 'rejected', rejection: { codes: ['approval_missing'], code: 'approval_missing' } },
    ]);
  });

  it('asks catalog and ingest for the rest', async () => {
    const heartbeats = Array.from({ length: 21 }, (_, n) => ({
      at: '2026-11-23T12:00:00.000Z',
      receivedAt: '2026-11-23T12:00:00.000Z',
      bootId: 'b',
      sequence: 21 - n,
      status: 'ok' as const,
    }));
    const environment = { id: at.environmentId, slug: 'prod' } as Environment;
    let responder: TestResponder | undefined;
    try {
      responder = await testResponder(h.nats.url, [
        answering(readEnvironment, () => environment),
        answering(readPosture, () => ({ environmentId: at.environmentId, revision: 4 }) as never),
        answering(readAgent, (request) => ({ id: request.agentId, name: 'triage' }) as never),
        answering(listHeartbeats, (request) => ({ items: heartbeats.slice(0, request.limit), nextCursor: null })),
        answering(listRefusals, () => ({
          items: [{ minute: '2026-11-23T12:00:00.000Z', status: 403, code: 'scope_missing', count: 1 }],
          nextCursor: null,
        })),
      ]);
      const context = await h.call(readIncidentContext, { incidentId });
      expect(context).toMatchObject({ environment, posture: { revision: 4 }, agent: { id: agentId, name: 'triage' } });
      expect(context.heartbeats).toEqual(heartbeats.slice(0, 20));
      expect(context.refusals).toHaveLength(1);
      expect(context.truncated.sort()).toEqual(['heartbeats', 'snapshots']);
    } finally {
      await responder?.close();
    }
  });
});
