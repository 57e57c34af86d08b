import { jetstream } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import {
  artifactRepeated,
  artifactStored,
  enrolAgent,
  type EventContract,
  HEARTBEAT_TYPE,
  issueEnrolmentToken,
  newId,
  newUuid,
  readAgent,
  recordReadings,
  type SequenceKind,
  setAgentState,
  sha256,
  subjectOf,
  toHeaders,
} from '@reenact/contracts';
import { secretHash } from '@reenact/credentials';
import { connectNats, publishTelemetry } from '@reenact/messaging';
import { eventually } from '@reenact/testing';
import { type Harness, startHarness } from '../catalog.harness.js';
import { startCatalog } from '../start-catalog.js';
import { WatchAgentsHandler } from './watch-agents.handler.js';

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);

describe('watch-agents', () => {
  let h: Harness;
  let environmentId: string;
  let orgId: string;
  let watch: WatchAgentsHandler;
  beforeAll(async () => {
    h = await startHarness();
    const place = await h.environment();
    environmentId = place.environment.id;
    orgId = place.organisation.id;
    watch = h.get(WatchAgentsHandler);
  });
  afterAll(() => h?.stop());

  const enrol = async () => {
    const { token } = await h.call(issueEnrolmentToken, { environmentId });
    return (await h.call(enrolAgent, { tokenHash: secretHash(token), environmentId })).agentId;
  };
  const heard = (agentId: string, at: Date, sequence: number, arrived?: [number, number][], bootId = 'b1') => ({
    agentId,
    at: at.toISOString(),
    bootId,
    sequence,
    status: 'ok' as const,
    ...(arrived && { arrived: arrived.map(([from, to]) => ({ from, to })) }),
  });
  const record = (...readings: ReturnType<typeof heard>[]) => h.call(recordReadings, { readings });
  const factsOf = async (agentId: string) =>
    (await h.said(agentId)).map(({ type, version }) => `${type.split('.')[3]} ${version}`).slice(1);
  const gapsOf = async (agentId: string) =>
    (await h.said(agentId))
      .filter(({ type }) => type.includes('sequence-gap'))
      .map(({ data }) => `${data.kind} ${data.bootId} ${data.from}-${data.to}`);
  /** As if both looks had been made long enough apart. */
  const look = async (agentId: string, kind: SequenceKind = 'heartbeat') => {
    const age = "update catalog.agent_sequence set suspected_at = now() - interval '1 minute' where agent_id = $1 and kind = $2";
    await watch.tellGaps();
    await h.rows(age, [agentId, kind]);
    await watch.tellGaps();
    await h.rows(age, [agentId, kind]);
    await watch.tellGaps();
  };

  it('says once that an agent is silent, and that it returned', async () => {
    const [quiet, lively] = [await enrol(), await enrol()];
    await record(heard(quiet, minutesAgo(2), 1), heard(lively, new Date(), 1));
    expect(await watch.markSilent(new Date())).toBe(0);
    const marked = await Promise.all([watch.markSilent(minutesAgo(60)), watch.markSilent(minutesAgo(60))]);
    expect(marked[0] + marked[1]).toBe(1);
    expect((await h.call(readAgent, { agentId: quiet })).state).toBe('silent');
    expect((await h.call(readAgent, { agentId: lively })).state).toBe('active');
    await record(heard(quiet, new Date(), 2));
    await record(heard(quiet, new Date(), 3));
    expect((await h.call(readAgent, { agentId: quiet })).state).toBe('active');
    expect(await factsOf(quiet)).toEqual(['silent 2', 'returned 3']);
    expect(await factsOf(lively)).toEqual([]);
  });

  it('waits as long as it is told before it calls an agent silent', async () => {
    const patient = await startCatalog({ ...h.config, agentSilentAfterMs: 5 * 60_000 });
    try {
      const quiet = await enrol();
      await record(heard(quiet, minutesAgo(4), 1));
      expect(await patient.app.get(WatchAgentsHandler).markSilent(minutesAgo(60))).toBe(0);
      expect((await h.call(readAgent, { agentId: quiet })).state).toBe('active');
      expect(await watch.markSilent(minutesAgo(60))).toBe(1);
    } finally {
      await patient.stop();
    }
  });

  it('leaves alone agents that are disabled or never reported', async () => {
    const [disabled, fresh] = [await enrol(), await enrol()];
    await record(heard(disabled, minutesAgo(2), 1));
    await h.call(setAgentState, { agentId: disabled, state: 'disabled' });
    await watch.markSilent(minutesAgo(60));
    expect(await factsOf(disabled)).toEqual(['disabled 2']);
    expect(await factsOf(fresh)).toEqual([]);
  });

  it('tells heartbeats that did not arrive, per boot and once', async () => {
    const agentId = await enrol();
    await record(
      heard(agentId, minutesAgo(0), 5, [
        [1, 2],
        [5, 5],
      ]),
    );
    await record(heard(agentId, minutesAgo(0), 2, undefined, 'b2'));
    await look(agentId);
    await record(heard(agentId, minutesAgo(0), 6));
    await look(agentId);
    expect((await gapsOf(agentId)).sort()).toEqual(['heartbeat b1 3-4', 'heartbeat b2 1-1']);
  });

  it('tells nothing when another replica was only later', async () => {
    const agentId = await enrol();
    await record(
      heard(agentId, minutesAgo(0), 3, [
        [1, 1],
        [3, 3],
      ]),
    );
    await watch.tellGaps();
    await record(
      heard(agentId, minutesAgo(0), 4, [
        [2, 2],
        [4, 4],
      ]),
    );
    await look(agentId);
    expect(await gapsOf(agentId)).toEqual([]);
  });

  it('begins in the middle of a boot that was known before numbers were kept', async () => {
    const agentId = await enrol();
    await record(heard(agentId, minutesAgo(1), 40));
    await h.rows('delete from catalog.agent_sequence where agent_id = $1', [agentId]);
    await record(heard(agentId, minutesAgo(0), 42));
    await look(agentId);
    expect(await gapsOf(agentId)).toEqual(['heartbeat b1 41-41']);
  });

  it('tells no heartbeats that lie in the stream, though the replica that took them died before it handed them over', async () => {
    const agentId = await enrol();
    const nc = await connectNats('ingest', h.nats.url);
    const took = (sequence: number, bootId = 'b1') => {
      const data = { at: new Date().toISOString(), receivedAt: new Date().toISOString(), bootId, sequence, status: 'ok' };
      const time = data.at;
      const reading = {
        type: HEARTBEAT_TYPE,
        source: 'ingest',
        orgId,
        time,
        aggregate: { kind: 'agent', id: agentId, version: 1 },
        data,
      };
      return publishTelemetry(nc, reading, { actor: { kind: 'agent', id: agentId }, correlationId: newUuid() });
    };
    try {
      for (const sequence of [2, 3, 5]) await took(sequence);
      await took(4, 'b2');
    } finally {
      await nc.close();
    }
    await record(
      heard(agentId, minutesAgo(0), 6, [
        [1, 1],
        [6, 6],
      ]),
    );
    await look(agentId);
    expect(await gapsOf(agentId)).toEqual(['heartbeat b1 4-4']);
  });

  it('forgets boots that ended long ago, however many, and all but the newest of an agent that has ever new ones', async () => {
    const [quiet, restless] = [await enrol(), await enrol()];
    const boots = async (agentId: string) => {
      const rows = await h.rows<{ boot_id: string }>('select boot_id from catalog.agent_sequence where agent_id = $1', [agentId]);
      return rows.map(({ boot_id }) => boot_id);
    };
    await record(heard(quiet, minutesAgo(1), 1, undefined, 'now'));
    await h.rows(
      `insert into catalog.agent_sequence (agent_id, kind, boot_id, seen, changed_at)
       select $1, 'heartbeat', 'old ' || n, '{[1,2)}', now() - interval '8 days' from generate_series(1, 1500) n`,
      [quiet],
    );
    for (let n = 0; n < 150; n++) await record(heard(restless, minutesAgo(0), 1, undefined, `boot ${n}`));
    while ((await watch.forgetEndedBoots()) > 0);
    expect(await boots(quiet)).toEqual(['now']);
    const left = await boots(restless);
    expect(left).toHaveLength(100);
    expect(left).toContain('boot 149');
  });

  it('tells uploads that did not arrive, and counts those whose bytes were known as arrived', async () => {
    const agentId = await enrol();
    const nc = await connectNats('ingest', h.nats.url);
    const artifactId = newId('artifact');
    const say = async <T extends object>(contract: EventContract<T>, data: T) => {
      const carried = headers();
      const envelope = {
        id: newUuid(),
        type: contract.type,
        source: 'ingest',
        time: new Date().toISOString(),
        orgId,
        aggregate: { kind: 'artifact', id: artifactId, version: 1 },
        actor: { kind: 'agent' as const, id: agentId },
        correlationId: newUuid(),
        data,
      };
      for (const [name, value] of Object.entries(toHeaders(envelope))) carried.set(name, value);
      await jetstream(nc).publish(subjectOf(contract, orgId), JSON.stringify(data), { headers: carried });
    };
    const arrived = { artifactId, agentId, bootId: 'b1' };
    const facts = { type: 'snapshot' as const, sha256: sha256(artifactId), size: 1, capturedAt: new Date().toISOString() };
    try {
      await say(artifactStored, { ...arrived, ...facts, sequence: 5 });
      await say(artifactStored, { ...arrived, ...facts, sequence: 1 });
      await say(artifactRepeated, { ...arrived, sequence: 2 });
    } finally {
      await nc.close();
    }
    await eventually(async () => {
      const [row] = await h.rows<{ seen: string }>(
        "select seen::text from catalog.agent_sequence where agent_id = $1 and kind = 'upload'",
        [agentId],
      );
      expect(row?.seen).toBe('{[1,3),[5,6)}');
    });
    await look(agentId, 'upload');
    expect(await gapsOf(agentId)).toEqual(['upload b1 3-4']);
  });
});
