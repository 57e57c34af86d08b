import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import {
  accessDenied,
  type AuditEntry,
  type CallContext,
  canonicalJson,
  type Envelope,
  incidentOpened,
  listEntries,
  newId,
  newUuid,
  proveConsistency,
  proveInclusion,
  readCheckpoint,
  readEntry,
  readExportPage,
  readTile,
  runProgressed,
  type SealedEntry,
} from '@reenact/contracts';
import { RpcClient } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import type { RunningService } from '@reenact/service-kit';
import { eventually } from '@reenact/testing';
import {
  decodeEntryBundle,
  leafHash,
  openCheckpoint,
  parseVerifierKey,
  RootBuilder,
  verifyConsistency,
  verifyInclusion,
} from '@reenact/transparency-log';
import { type AuditHarness, auditHarness, eventOf, ORIGIN, publish } from '../audit.harness.js';
import { personalDigest } from '../domain/entry-draft.js';
import { SealTalliesHandler } from '../seal-tallies/seal-tallies.handler.js';
import { SignCheckpointHandler } from '../sign-checkpoint/sign-checkpoint.handler.js';

const context: CallContext = { actor: { kind: 'service', id: 'test' }, correlationId: 'test' };
const bytes = (base64: string) => Buffer.from(base64, 'base64');

describe('seal-entry', () => {
  let harness: AuditHarness;
  let replicas: RunningService[];
  let work: UnitOfWork;
  let rpc: RpcClient;

  beforeAll(async () => {
    harness = await auditHarness();
    replicas = [await harness.start(), await harness.start()];
    work = replicas[0].app.get(UnitOfWork);
    rpc = replicas[0].app.get(RpcClient);
  });

  afterAll(() => harness.close());

  /** The checkpoint once it covers that many entries. */
  function covered(log: string, size: number) {
    return eventually(
      async () => {
        const checkpoint = await rpc.call(readCheckpoint, { log }, context);
        expect(checkpoint.size).toBeGreaterThanOrEqual(size);
        return checkpoint;
      },
      { timeoutMs: 30_000 },
    );
  }

  async function exported(log: string): Promise<SealedEntry[]> {
    const all: SealedEntry[] = [];
    for (let from: number | null = 0; from !== null; ) {
      const page: { items: SealedEntry[]; nextFrom: number | null } = await rpc.call(
        readExportPage,
        { log, from, to: Number.MAX_SAFE_INTEGER },
        context,
      );
      all.push(...page.items);
      from = page.nextFrom;
    }
    return all;
  }

  function rootOf(entries: SealedEntry[]): Buffer {
    const builder = new RootBuilder();
    for (const { entry } of entries) builder.append(Buffer.from(canonicalJson(entry)));
    return builder.root();
  }

  async function sealedMessages(log: string): Promise<{ subject: string; sealed: SealedEntry }[]> {
    const manager = await jetstreamManager(harness.nc);
    const name = `test-${newUuid()}`;
    await manager.consumers.add('AUDIT_SEALED', {
      durable_name: name,
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.All,
      filter_subject: `audit.sealed.${log}.>`,
    });
    const consumer = await jetstream(harness.nc).consumers.get('AUDIT_SEALED', name);
    const found: { subject: string; sealed: SealedEntry }[] = [];
    const messages = await consumer.fetch({ max_messages: 2000, expires: 1000 });
    for await (const message of messages) {
      found.push({ subject: message.subject, sealed: message.json<SealedEntry>() });
      if (message.info.pending === 0) break;
    }
    return found;
  }

  it('seal-entry - two replicas keep one gapless log, each event in it once however often it is told', async () => {
    const orgs = [newId('organisation'), newId('organisation')];
    const events = orgs.flatMap((org) =>
      Array.from({ length: 300 }, () => eventOf(org, { environmentId: newId('environment') })),
    );
    const silent = events.slice(0, 20).map(() => eventOf(orgs[0], { contract: runProgressed }));
    await publish(harness.nc, [...events, ...silent]);
    await publish(harness.nc, [...events].reverse());

    for (const org of orgs) {
      const { note, verifierKey } = await covered(org, 300);
      const checkpoint = openCheckpoint(note, `${ORIGIN}/${org}`, [parseVerifierKey(verifierKey)]);
      const entries = await exported(org);
      expect(entries.map(({ index }) => index)).toEqual(Array.from({ length: 300 }, (_, i) => i));
      expect(entries.map(({ entry }) => entry.index)).toEqual(entries.map(({ index }) => index));
      const mine = events.filter(({ orgId }) => orgId === org).map(({ id }) => id);
      expect(entries.map(({ entry }) => entry.id).sort()).toEqual(mine.sort());
      expect(checkpoint).toMatchObject({ size: 300, origin: `${ORIGIN}/${org}` });
      expect(rootOf(entries)).toEqual(checkpoint.root);
      for (const { leafHash: leaf, entry } of entries) expect(bytes(leaf)).toEqual(leafHash(Buffer.from(canonicalJson(entry))));
    }
    await eventually(async () => {
      const [left] = await work.query<{ n: number }>(`select count(*)::int as n from audit.outbox where published_at is null`);
      expect(left.n).toBe(0);
    });
    const messages = await sealedMessages(orgs[0]);
    expect(messages.map(({ sealed }) => sealed.index).sort((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, i) => i));
    const [{ subject, sealed }] = messages;
    expect(subject).toBe(`audit.sealed.${orgs[0]}.${sealed.entry.environmentId}.incident`);
    const told = await work.query<{ size: number; note: string }>(
      'select size, note from audit.checkpoint where log = $1 order by size',
      [orgs[0]],
    );
    expect(told.length).toBeGreaterThan(0);
  });

  it('seal-entry - proves inclusion and consistency over RPC, against every checkpoint it has signed', async () => {
    const org = newId('organisation');
    for (let round = 1; round <= 3; round += 1) {
      await publish(harness.nc, [eventOf(org), eventOf(org)]);
      await covered(org, 2 * round);
    }
    const notes = await work.query<{ size: number; note: string }>(
      'select size, note from audit.checkpoint where log = $1 order by size',
      [org],
    );
    const { verifierKey } = await rpc.call(readCheckpoint, { log: org }, context);
    const heads = notes.map(({ note }) => openCheckpoint(note, `${ORIGIN}/${org}`, [parseVerifierKey(verifierKey)]));
    for (const from of heads) {
      for (const to of heads.filter(({ size }) => size >= from.size)) {
        const { hashes } = await rpc.call(proveConsistency, { log: org, from: from.size, to: to.size }, context);
        const claim = { from: from.size, to: to.size, fromRoot: from.root, toRoot: to.root, hashes: hashes.map(bytes) };
        expect(verifyConsistency(claim)).toBe(true);
      }
    }
    const newest = heads.at(-1);
    for (let index = 0; index < 6; index += 1) {
      const proof = await rpc.call(proveInclusion, { log: org, index }, context);
      expect(bytes(proof.rootHash)).toEqual(newest?.root);
      const claim = {
        index,
        size: proof.size,
        leafHash: bytes(proof.leafHash),
        hashes: proof.hashes.map(bytes),
        root: bytes(proof.rootHash),
      };
      expect(verifyInclusion(claim)).toBe(true);
    }
    await expect(rpc.call(proveInclusion, { log: org, index: 6 }, context)).rejects.toMatchObject({
      code: 'proof_range_invalid',
    });
    await expect(rpc.call(proveInclusion, { log: org, index: 0, size: 7 }, context)).rejects.toMatchObject({
      code: 'proof_range_invalid',
    });
    await expect(rpc.call(proveConsistency, { log: org, from: 7 }, context)).rejects.toMatchObject({
      code: 'proof_range_invalid',
    });
    await expect(rpc.call(readCheckpoint, { log: newId('organisation') }, context)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('seal-entry - serves tiles and entry bundles, and nothing past the newest checkpoint', async () => {
    const org = newId('organisation');
    await publish(
      harness.nc,
      Array.from({ length: 260 }, () => eventOf(org)),
    );
    await covered(org, 260);
    const tile = bytes((await rpc.call(readTile, { log: org, path: '0/000' }, context)).base64);
    const partial = bytes((await rpc.call(readTile, { log: org, path: '0/001.p/4' }, context)).base64);
    const entries = await exported(org);
    expect(Buffer.concat([tile, partial])).toEqual(Buffer.concat(entries.map((entry) => bytes(entry.leafHash))));
    expect(bytes((await rpc.call(readTile, { log: org, path: '1/000.p/1' }, context)).base64)).toHaveLength(32);
    const bundle = decodeEntryBundle(bytes((await rpc.call(readTile, { log: org, path: 'entries/001.p/4' }, context)).base64));
    expect(bundle.map(leafHash)).toEqual(entries.slice(256).map((entry) => bytes(entry.leafHash)));
    for (const path of ['0/001', '0/001.p/5', '1/001.p/1', 'entries/002.p/1', '../secret']) {
      await expect(rpc.call(readTile, { log: org, path }, context)).rejects.toMatchObject({ code: 'not_found' });
    }
  });

  it('seal-entry - lists newest first, page by page, by any filter', async () => {
    const org = newId('organisation');
    const replayId = newId('replay');
    const actor = { kind: 'user' as const, id: newId('user'), name: 'Grace' };
    const events = Array.from({ length: 7 }, (_, i) =>
      eventOf(org, i < 3 ? { actor, aggregate: { kind: 'run', id: replayId, version: i } } : {}),
    );
    await publish(harness.nc, events);
    await covered(org, 7);
    const indexes: number[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await rpc.call(listEntries, { log: org, limit: 3, ...(cursor !== undefined && { cursor }) }, context);
      indexes.push(...page.items.map(({ index }) => index));
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    expect(indexes).toEqual([6, 5, 4, 3, 2, 1, 0]);
    const count = async (filter: object) => (await rpc.call(listEntries, { log: org, ...filter }, context)).items.length;
    expect(await count({ correlationId: replayId })).toBe(3);
    expect(
      await count({ subject: replayId, actor: actor.id, type: 'incident.opened', category: 'incident', outcome: 'succeeded' }),
    ).toBe(3);
    expect(await count({ actor: newId('user') })).toBe(0);
    expect(await count({ from: events[0].time, to: '2999-01-01T00:00:00.000Z' })).toBeGreaterThan(0);
    expect(await count({ to: '2020-01-01T00:00:00.000Z' })).toBe(0);
    const named = (await rpc.call(listEntries, { log: org, actor: actor.id }, context)).items[0];
    expect(named.actorName).toBe('Grace');
    expect(await rpc.call(readEntry, { log: org, index: named.index }, context)).toEqual(named);
    await expect(rpc.call(readEntry, { log: org, index: 7 }, context)).rejects.toMatchObject({ code: 'not_found' });
    await expect(rpc.call(listEntries, { log: org, cursor: 'nonsense' }, context)).rejects.toMatchObject({
      code: 'invalid_query_parameter',
    });
  });

  it('seal-entry - keeps personal text beside the log, so that erasing it breaks no proof', async () => {
    const org = newId('organisation');
    await publish(harness.nc, [eventOf(org, { data: { ...incidentOpened.sample, title: 'Ada lost it' } as object })]);
    await covered(org, 1);
    const { entry, leafHash: leaf } = await rpc.call(readEntry, { log: org, index: 0 }, context);
    const [kept] = await work.query<{ salt: Buffer; value: string; pointer: string }>(
      'select * from audit.detached_value where log = $1',
      [org],
    );
    expect(kept).toMatchObject({ pointer: '/title', value: '"Ada lost it"' });
    expect((entry.data as { title: unknown }).title).toEqual({ $p: personalDigest(kept.salt, 'Ada lost it') });
    await work.query('delete from audit.detached_value where log = $1', [org]);
    expect(bytes(leaf)).toEqual(leafHash(Buffer.from(canonicalJson(entry))));
  });

  it('seal-entry - seals what it cannot read as unreadable, and goes on', async () => {
    const org = newId('organisation');
    const client = jetstream(harness.nc);
    await client.publish(`evt.incident.incident.opened.v1.${org}`, 'not json');
    await client.publish(`evt.nobody.knows.this.v7.${org}`, '{}');
    await publish(harness.nc, [
      eventOf(org, { type: 'evt.incident.incident.opened.v9' }),
      eventOf(org, { data: { title: 1 } }),
      eventOf(org),
    ]);
    await covered(org, 5);
    const entries = await exported(org);
    expect(entries.map(({ entry }) => entry.type).sort()).toEqual([
      ...Array<string>(4).fill('event.unreadable'),
      'incident.opened',
    ]);
  });

  it('seal-entry - equal denials of one minute become two entries whose counts add up', async () => {
    const org = newId('organisation');
    const actor = { kind: 'user' as const, id: newId('user') };
    const denied = (count: number): Envelope =>
      eventOf(org, {
        contract: accessDenied,
        actor,
        time: '2026-01-02T03:04:05.000Z',
        aggregate: { kind: 'access', id: newUuid(), version: 1 },
        data: { route: 'GET /x', code: 'forbidden', status: 403, count },
      });
    const recent = Array.from({ length: 5 }, (_, i) => ({
      ...denied(i + 1),
      time: new Date().toISOString().replace(/:\d\d\.\d{3}Z$/, ':30.000Z'),
    }));
    await publish(harness.nc, recent);
    await covered(org, 1);
    await eventually(async () => {
      const [tally] = await work.query<{ pending: number }>('select pending from audit.denial_tally where log = $1', [org]);
      const [{ entry }] = await exported(org);
      expect(tally.pending + (entry.data as { count: number }).count).toBe(15);
    });
    await work.query(`update audit.denial_tally set minute = minute - interval '10 minutes' where log = $1`, [org]);
    await replicas[1].app.get(SealTalliesHandler).seal();
    await covered(org, 2);
    const entries = (await exported(org)).map(({ entry }) => entry as AuditEntry & { data: { count: number; code: string } });
    expect(entries).toHaveLength(2);
    expect(entries[0].data.count + entries[1].data.count).toBe(15);
    expect(entries[1]).toMatchObject({
      type: 'access.denied',
      outcome: 'denied',
      actor: { id: actor.id },
      data: { code: 'forbidden' },
    });
    expect(entries[1].id).not.toBe(entries[0].id);
  });

  it('sign-checkpoint - a log that lost a tile is not signed, and holds up no other', async () => {
    const [broken, sound] = [newId('organisation'), newId('organisation')].sort();
    await publish(harness.nc, [eventOf(broken)]);
    await covered(broken, 1);
    await work.query('delete from audit.tile where log = $1', [broken]);
    await work.query('update audit.head set checkpoint_size = 0 where log = $1', [broken]);
    await publish(harness.nc, [eventOf(sound)]);
    await covered(sound, 1);
    await expect(replicas[0].app.get(SignCheckpointHandler).sign()).rejects.toThrow(RangeError);
    await work.query('update audit.head set checkpoint_size = size where log = $1', [broken]);
  });

  it('seal-entry - a changed, removed or swapped entry does not verify', async () => {
    const org = newId('organisation');
    await publish(
      harness.nc,
      Array.from({ length: 8 }, () => eventOf(org)),
    );
    const { note, verifierKey } = await covered(org, 8);
    const { root } = openCheckpoint(note, `${ORIGIN}/${org}`, [parseVerifierKey(verifierKey)]);
    const honest = await exported(org);
    expect(rootOf(honest)).toEqual(root);
    const proof = await rpc.call(proveInclusion, { log: org, index: 3 }, context);
    await work.query(
      `update audit.entry set body = replace(body, '"severity":"high"', '"severity":"low"') where log = $1 and leaf_index = 3`,
      [org],
    );
    const changed = await exported(org);
    expect(changed[3]).not.toEqual(honest[3]);
    expect(rootOf(changed)).not.toEqual(root);
    const claim = { index: 3, size: 8, hashes: proof.hashes.map(bytes), root };
    expect(verifyInclusion({ ...claim, leafHash: leafHash(Buffer.from(canonicalJson(honest[3].entry))) })).toBe(true);
    expect(verifyInclusion({ ...claim, leafHash: leafHash(Buffer.from(canonicalJson(changed[3].entry))) })).toBe(false);
    expect(rootOf(honest.toSpliced(3, 1))).not.toEqual(root);
    expect(rootOf(honest.toSpliced(3, 2, honest[4], honest[3]))).not.toEqual(root);
  });

  it('seal-entry - after the broker lost all it had, goes on sealing and tells its sealed entries again', async () => {
    const org = newId('organisation');
    await publish(harness.nc, [eventOf(org), eventOf(org), eventOf(org)]);
    await covered(org, 3);
    await eventually(async () => expect(await sealedMessages(org)).toHaveLength(3));
    await harness.nats.wipe();
    await eventually(() => publish(harness.nc, [eventOf(org)]), { timeoutMs: 30_000 });
    await covered(org, 4);
    await eventually(
      async () => {
        const indexes = (await sealedMessages(org)).map(({ sealed }) => sealed.index);
        expect(new Set(indexes)).toEqual(new Set([0, 1, 2, 3]));
      },
      { timeoutMs: 30_000 },
    );
    expect(rootOf(await exported(org))).toEqual(
      openCheckpoint((await covered(org, 4)).note, `${ORIGIN}/${org}`, [parseVerifierKey((await covered(org, 4)).verifierKey)])
        .root,
    );
  });
});
