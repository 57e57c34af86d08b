import { verify } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { jetstream } from '@nats-io/jetstream';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import {
  type Approval,
  type CallContext,
  type CommandContract,
  type CheckApproval,
  checkApproval,
  decideApproval,
  type DryRunFacts,
  type Envelope,
  listApprovals,
  listSigningKeys,
  locateResource,
  newId,
  newUuid,
  openArtifact,
  Problem,
  type RequestApproval,
  readApproval,
  readCredential,
  readDryRun,
  readVersion,
  readPosture,
  releaseUse,
  requestApproval,
  reserveUse,
  revokeApproval,
  type RpcContract,
  settleUse,
  toHeaders,
  withdrawApproval,
} from '@reenact/contracts';
import { bindingFaults, publicKeyOf, timeFaults, verifyApprovalCredential, verifyKeySet } from '@reenact/credentials';
import { applyTopology, connectNats, RpcClient } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { defaultPosture } from '@reenact/posture';
import type { RunningService } from '@reenact/service-kit';
import {
  answering,
  eventually,
  type TestDatabase,
  type TestNats,
  type TestResponder,
  temporaryDirectory,
  testDatabase,
  testNats,
  testResponder,
} from '@reenact/testing';
import type { ApprovalConfig } from './approval.config.js';
import { startApproval } from './start-approval.js';

const hash = (digit: string) => `sha256:${digit.repeat(64)}`;
const ids = { orgId: newId('organisation'), projectId: newId('project'), environmentId: newId('environment') };
const artifactId = newId('artifact');
const [requester, approver, second] = [newId('user'), newId('user'), newId('user')];
const as = (id: string): CallContext => ({ actor: { kind: 'user', id, name: 'Someone' }, correlationId: 'test' });

describe('approval', () => {
  let nats: TestNats;
  let database: TestDatabase;
  let nc: NatsConnection;
  let responder: TestResponder;
  let replicas: RunningService[];
  let rpc: RpcClient;
  let work: UnitOfWork;
  const home = temporaryDirectory('approval');
  const posture = defaultPosture('prod');
  let postureRevision = 3;
  const dryRuns = new Map<string, DryRunFacts>();
  const [openable, otherVersion, foreignVersion] = [newId('artifact'), newId('version'), newId('version')];

  function start(change: Partial<ApprovalConfig> = {}): Promise<RunningService> {
    return startApproval({
      host: '127.0.0.1',
      port: 0,
      nats: { url: nats.url },
      database: { url: database.url, poolSize: 4 },
      logLevel: process.env.REENACT_TEST_LOG ? 'debug' : 'silent',
      approvalKeyFile: `${home.path}/keys/approval.key`,
      rootKeyFile: `${home.path}/keys/root.key`,
      ...change,
    });
  }

  beforeAll(async () => {
    [nats, database] = await Promise.all([testNats(), testDatabase()]);
    nc = await connectNats('test', nats.url);
    await applyTopology(nc);
    responder = await testResponder(nats.url, [
      answering(readDryRun, ({ replayId }) => ({ dryRun: dryRuns.get(replayId) ?? null })),
      answering(readPosture, () => ({
        environmentId: ids.environmentId,
        revision: postureRevision,
        posture,
        changedAt: '2026-11-23T12:00:00.000Z',
      })),
      answering(openArtifact, (asked) => {
        if (asked.artifactId !== openable) throw new Problem('not_found');
        return { artifact: { id: openable, ...ids, sha256: hash('a'), specHash: hash('b') } } as never;
      }),
      answering(readVersion, ({ versionId }) => {
        if (versionId !== otherVersion && versionId !== foreignVersion) throw new Problem('not_found');
        const projectId = versionId === otherVersion ? ids.projectId : newId('project');
        return { id: versionId, projectId, specHash: hash('d') } as never;
      }),
    ]);
    replicas = await Promise.all([start(), start()]);
    rpc = replicas[0].app.get(RpcClient);
    work = replicas[0].app.get(UnitOfWork);
  });

  afterAll(async () => {
    await Promise.all(replicas.map((replica) => replica.stop()));
    await responder.close();
    await nc.close();
    await Promise.all([nats.close(), database.drop()]);
    home.remove();
  });

  beforeEach(() => {
    posture.approval = { approvers: 1, maxTtl: 'PT4H' };
  });

  function dryRun(change: Partial<DryRunFacts> = {}): string {
    const replayId = newId('replay');
    dryRuns.set(replayId, {
      replayId,
      ...ids,
      artifactId,
      artifactSha256: hash('a'),
      state: 'succeeded',
      planDigest: hash('c'),
      header: { specHash: hash('b'), runSpecHash: hash('b'), capabilities: ['http:triage'], actions: 14 } as never,
      endedAt: new Date().toISOString(),
      ...change,
    });
    return replayId;
  }

  const call = <Q extends object, A>(contract: RpcContract<Q, A>, request: Q, by = requester) =>
    rpc.call(contract, request, as(by));
  const request = (change: Partial<RequestApproval> = {}, by = requester) =>
    call(requestApproval, { action: 'replay_execute', dryRunId: dryRun(), ttl: 'PT1H', reason: 'Needed', ...change }, by);
  const decide = (approvalId: string, by = approver, decision: 'approve' | 'deny' = 'approve') =>
    call(decideApproval, { approvalId, decision, reason: 'Looked' }, by);
  const codeOf = (promise: Promise<unknown>) =>
    promise.then(
      () => 'no problem',
      (error: Problem) => error.code,
    );

  async function command<T extends object>(
    contract: CommandContract<T>,
    data: T & { replayId: string },
    id = newUuid(),
  ): Promise<void> {
    const envelope: Envelope = {
      id,
      type: contract.type,
      source: 'replay-orchestrator',
      time: new Date().toISOString(),
      ...ids,
      aggregate: { kind: 'replay', id: data.replayId, version: 1 },
      actor: { kind: 'user', id: requester },
      correlationId: data.replayId,
      data,
    };
    const carried = headers();
    for (const [name, value] of Object.entries(toHeaders(envelope))) carried.set(name, value);
    await jetstream(nc).publish(contract.type, JSON.stringify(data), { headers: carried });
  }

  /** What the service said about a replay's use, as it was published. */
  async function said(replayId: string): Promise<string[]> {
    const rows = await work.query<{ type: string; code: string | null }>(
      `select headers->>'ce-type' as type, payload::jsonb->>'code' as code from approval.outbox
       where payload::jsonb->>'replayId' = $1 and headers->>'ce-type' like 'evt.approval.use.%' and published_at is not null order by position`,
      [replayId],
    );
    return rows.map(({ type, code }) => `${type.split('.')[3]}${code ? `:${code}` : ''}`);
  }

  const reservation = ({ id, dryRunId }: Approval, replayId: string) => ({
    approvalId: id,
    replayId,
    action: 'replay_execute' as const,
    requesterId: requester,
    environmentId: ids.environmentId,
    artifactId,
    dryRunId,
    planDigest: hash('c'),
    postureRevision: 3,
  });

  it('request-approval - reads plan and posture from their owners', async () => {
    const approval = await request();
    expect(approval).toMatchObject({
      ...ids,
      state: 'pending',
      artifactId,
      planDigest: hash('c'),
      planActions: 14,
      capabilities: ['http:triage'],
      postureRevision: 3,
      needed: 1,
      requestedBy: { id: requester },
    });
    expect(Date.parse(approval.decideBy) - Date.parse(approval.createdAt)).toBe(24 * 3_600_000);
    const { scope } = await call(locateResource.approval, { id: approval.id });
    expect(scope).toEqual({ id: approval.id, ...ids });
    expect(await call(locateResource.approval, { id: newId('approval') })).toEqual({ scope: null });
  });

  it.each<[string, () => Promise<unknown>, string]>([
    [
      'a dry run that has not succeeded',
      () => request({ dryRunId: dryRun({ state: 'failed', planDigest: undefined }) }),
      'dry_run_not_succeeded',
    ],
    ['an unknown dry run', () => request({ dryRunId: newId('replay') }), 'dry_run_not_succeeded'],
    ['more time than posture gives', () => request({ ttl: 'PT4H1S' }), 'ttl_too_long'],
    ['what it would read itself', () => request({ artifactId }), 'validation_failed'],
    ['no dry run', () => request({ dryRunId: undefined }), 'validation_failed'],
    ['a beginning after its end', () => request({ notBefore: '2126-01-01T00:00:00Z' }), 'validation_failed'],
    ['an unknown artifact', () => request({ action: 'replay_dry_run', dryRunId: undefined, artifactId }), 'validation_failed'],
  ])('request-approval - refuses %s', async (_what, ask, code) => {
    expect(await codeOf(ask())).toBe(code);
  });

  it('request-approval - of a dry run binds its records and its version', async () => {
    const ask = (more: Partial<RequestApproval>) =>
      request({ action: 'replay_dry_run', dryRunId: undefined, artifactId: openable, ...more });
    const of = async ({ id }: { id: string }, more: Partial<CheckApproval>) => {
      const wanted = {
        action: 'replay_dry_run' as const,
        artifactId: openable,
        environmentId: ids.environmentId,
        postureRevision: 3,
      };
      return (await call(checkApproval, { approvalId: id, requesterId: requester, ...wanted, ...more })).codes;
    };
    const recorded = await ask({ selection: { lastN: 5 } });
    expect(recorded).toMatchObject({ selection: { lastN: 5 }, runSpecHash: hash('b') });
    await decide(recorded.id);
    expect(await of(recorded, { selection: { lastN: 5 }, runSpecHash: hash('b') })).toEqual([]);
    expect(await of(recorded, { selection: {}, runSpecHash: hash('b') })).toEqual(['approval_scope_mismatch']);
    expect(await of(recorded, { selection: { lastN: 5 }, runSpecHash: hash('d') })).toEqual(['approval_scope_mismatch']);
    const other = await ask({ versionId: otherVersion });
    await decide(other.id);
    expect(await of(other, { selection: {}, runSpecHash: hash('d') })).toEqual([]);
    expect(await of(other, { selection: {}, runSpecHash: hash('b') })).toEqual(['approval_scope_mismatch']);
    for (const versionId of [newId('version'), foreignVersion]) {
      expect(await codeOf(ask({ versionId }))).toBe('validation_failed');
    }
    expect(await codeOf(request({ versionId: otherVersion }))).toBe('validation_failed');
  });

  it('request-approval - the same Idempotency-Key makes one request', async () => {
    const idempotency = { caller: requester, route: 'POST approvals', key: newUuid(), requestHash: hash('e') };
    const dryRunId = dryRun();
    const [first, again] = [await request({ dryRunId, idempotency }), await request({ dryRunId, idempotency })];
    expect(again).toEqual(first);
    expect(await codeOf(request({ dryRunId, idempotency: { ...idempotency, requestHash: hash('f') } }))).toBe(
      'idempotency_key_reused',
    );
  });

  it('decide-approval - asks for as many different people as posture did, and signs', async () => {
    posture.approval = { approvers: 2, maxTtl: 'PT4H' };
    const { id } = await request();
    expect(await codeOf(call(readCredential, { approvalId: id }))).toBe('approval_not_approved');
    expect(await codeOf(decide(id, requester))).toBe('self_approval');
    expect(await decide(id)).toMatchObject({ state: 'pending' });
    expect(await codeOf(decide(id))).toBe('approval_already_decided');
    const approved = await decide(id, second);
    expect(approved).toMatchObject({ state: 'approved', decisions: [{ by: { id: approver } }, { by: { id: second } }] });
    expect(await codeOf(decide(id, newId('user')))).toBe('approval_not_pending');

    const rootKey = publicKeyOf(readFileSync(`${home.path}/keys/root.key.pub`, 'utf8').trim());
    const { keys } = verifyKeySet(await call(listSigningKeys, {}), rootKey);
    const { envelope } = await call(readCredential, { approvalId: id });
    const { payload } = verifyApprovalCredential(envelope, keys);
    expect(payload).toMatchObject({
      approvalId: id,
      approvedBy: [approver, second].sort(),
      requestedBy: requester,
      planDigest: hash('c'),
    });
    expect(timeFaults(payload, new Date())).toEqual([]);
    const wanted = { ...payload, artifactSha256: hash('a') };
    expect(bindingFaults(payload, wanted)).toEqual([]);
    expect(statSync(`${home.path}/keys/approval.key`).mode & 0o777).toBe(0o600);
  });

  it('read-credential - renders as compact-v1 what our key has signed, and nothing else', async () => {
    const { id } = await decide((await request()).id);
    const read = () => call(readCredential, { approvalId: id, format: 'compact-v1' });
    const { envelope, compact = '' } = await read();
    expect(await call(readCredential, { approvalId: id })).toEqual({ envelope });
    const [head, signature] = compact.split('.').map((part) => Buffer.from(part, 'base64url'));
    const { kid, ...said } = JSON.parse(head.toString()) as { kid: string };
    expect(said).toMatchObject({ v: 1, approval_id: id, org_id: ids.orgId, environment_id: ids.environmentId });
    const key = (await call(listSigningKeys, {})).keys.find((one) => one.kid === kid);
    expect(verify(null, head, publicKeyOf(key?.publicKey ?? ''), signature)).toBe(true);
    const payload = Buffer.from(envelope.payload, 'base64').toString().replace(hash('c'), hash('d'));
    const forged = { ...envelope, payload: Buffer.from(payload).toString('base64') };
    await work.query('update approval.request set credential = $2 where id = $1', [id, JSON.stringify(forged)]);
    expect(await codeOf(read())).toBe('credential_rejected');
  });

  it('signing-keys - a key that is rotated away signs on for a day, does not come back, and counts no more once it is retired', async () => {
    const keysOf = async () => (await call(listSigningKeys, {})).keys;
    const restart = async (file: string, retiredKeys: string[] = []) => {
      const replica = await start({ approvalKeyFile: `${home.path}/keys/${file}`, retiredKeys });
      await replica.stop();
    };
    const [{ kid: first }] = await keysOf();
    await restart('next.key');
    const [old, next] = await keysOf();
    expect([old.status, next.status]).toEqual(['retiring', 'active']);
    expect(Date.parse(old.notAfter as string) - Date.parse(next.notBefore)).toBe(24 * 3_600_000);
    await restart('approval.key');
    expect((await keysOf()).map(({ status }) => status)).toEqual(['retiring', 'active']);
    await restart('next.key', [first]);
    expect((await keysOf()).map(({ status }) => status)).toEqual(['retired', 'active']);
    await expect(restart('approval.key')).rejects.toThrow(`holds the key ${first}, which is retired`);
    // Those that go on with it are as they were.
    await work.query(`update approval.signing_key set status = 'retiring', not_after = now() + interval '1 day' where kid = $1`, [
      first,
    ]);
  });

  it('decide-approval - two people at the same moment are two decisions', async () => {
    posture.approval = { approvers: 2, maxTtl: 'PT4H' };
    const { id } = await request();
    const both = await Promise.all([decide(id), decide(id, second)]);
    expect(both.map(({ state }) => state).sort()).toEqual(['approved', 'pending']);
  });

  it('revoke and withdraw - each in its time', async () => {
    const pending = await request();
    expect(await codeOf(call(withdrawApproval, { approvalId: pending.id }, approver))).toBe('forbidden');
    expect(await call(withdrawApproval, { approvalId: pending.id })).toMatchObject({ state: 'withdrawn' });
    const approved = await decide((await request()).id);
    expect(await call(revokeApproval, { approvalId: approved.id, reason: 'No' })).toMatchObject({ state: 'revoked' });
    expect(await codeOf(call(revokeApproval, { approvalId: approved.id, reason: 'No' }))).toBe('approval_ended');
    expect(await codeOf(call(readApproval, { approvalId: newId('approval') }))).toBe('not_found');
  });

  it('hold-use - reserves, answers again, settles once, and refuses a second replay', async () => {
    const approval = await decide((await request()).id);
    const [replayId, other] = [newId('replay'), newId('replay')];
    const { approvalId: _, replayId: __, ...purpose } = reservation(approval, replayId);
    const check = () => call(checkApproval, { approvalId: approval.id, ...purpose });
    expect(await check()).toMatchObject({ codes: [], approval: { state: 'approved' } });
    await command(reserveUse, reservation(approval, replayId));
    await eventually(async () => expect(await said(replayId)).toEqual(['reserved']));
    await command(reserveUse, reservation(approval, replayId));
    await command(reserveUse, reservation(approval, other));
    await eventually(async () =>
      expect([await said(replayId), await said(other)]).toEqual([['reserved', 'reserved'], ['refused:approval_used']]),
    );
    expect(await call(settleUse, { approvalId: approval.id, replayId: other })).toEqual({
      settled: false,
      code: 'approval_missing',
    });
    const settled = await Promise.all([1, 2, 3].map(() => call(settleUse, { approvalId: approval.id, replayId })));
    expect(settled).toEqual([{ settled: true }, { settled: true }, { settled: true }]);
    expect(await call(readApproval, { approvalId: approval.id })).toMatchObject({ state: 'used', replayId });
    expect((await check()).codes).toEqual(['approval_used']);
    await command(releaseUse, { approvalId: approval.id, replayId });
    await eventually(async () => expect(await said(replayId)).toEqual(['reserved', 'reserved', 'settled']));
    expect(await call(settleUse, { approvalId: approval.id, replayId })).toEqual({ settled: true });
  });

  it('hold-use - a release before its reserve makes the reserve refused, and frees for others', async () => {
    const approval = await decide((await request()).id);
    const [replayId, other] = [newId('replay'), newId('replay')];
    await command(releaseUse, { approvalId: approval.id, replayId });
    await eventually(async () => expect(await said(replayId)).toEqual(['released']));
    await command(reserveUse, reservation(approval, replayId));
    await eventually(async () => expect(await said(replayId)).toEqual(['released', 'refused:released']));
    await command(reserveUse, reservation(approval, other));
    await eventually(async () => expect(await said(other)).toEqual(['reserved']));
    expect(await call(revokeApproval, { approvalId: approval.id, reason: 'No' })).toMatchObject({ state: 'revoked' });
    expect(await call(settleUse, { approvalId: approval.id, replayId: other })).toEqual({
      settled: false,
      code: 'approval_revoked',
    });
  });

  it('hold-use - the same message twice is one message', async () => {
    const approval = await decide((await request()).id);
    const [replayId, id, last] = [newId('replay'), newUuid(), newId('replay')];
    for (let n = 0; n < 3; n += 1) await command(reserveUse, reservation(approval, replayId), id);
    await command(reserveUse, reservation(approval, last));
    await eventually(async () => expect(await said(last)).toHaveLength(1));
    expect(await said(replayId)).toEqual(['reserved']);
  });

  it('expire-approvals - undecided and unused ones expire by themselves, and are judged so at once', async () => {
    const undecided = await request({ decideWithin: 'PT1S' });
    const unused = await decide((await request({ ttl: 'PT1S' })).id);
    await eventually(async () => {
      for (const { id } of [undecided, unused])
        expect(await call(readApproval, { approvalId: id })).toMatchObject({ state: 'expired' });
    });
    expect(await codeOf(decide(undecided.id))).toBe('approval_not_pending');
    await eventually(async () => {
      const rows = await work.query(
        `select 1 from approval.outbox where subject like 'evt.approval.approval.expired.%' and payload like $1`,
        [`%${unused.id}%`],
      );
      expect(rows).toHaveLength(1);
    });
  });

  it('list-approvals - pages newest first, filters, and knows which are eligible', async () => {
    const orgId = ids.orgId;
    const approval = await decide((await request()).id);
    const eligible = () => call(listApprovals, { orgId, eligibleFor: approval.dryRunId });
    expect((await eligible()).items.map(({ id }) => id)).toEqual([approval.id]);
    postureRevision = 4;
    expect((await eligible()).items).toEqual([]);
    postureRevision = 3;
    await call(revokeApproval, { approvalId: approval.id, reason: 'No' });
    expect((await eligible()).items).toEqual([]);
    const all: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await call(listApprovals, { orgId, limit: 3, ...(cursor && { cursor }) });
      all.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(all).toEqual([...new Set(all)].sort().reverse());
    expect(all[0]).toBe(approval.id);
    const revoked = await call(listApprovals, { orgId, state: 'revoked' });
    expect(revoked.items.every(({ state }) => state === 'revoked')).toBe(true);
    expect((await call(listApprovals, { orgId, projectIds: [newId('project')] })).items).toEqual([]);
  });
});
