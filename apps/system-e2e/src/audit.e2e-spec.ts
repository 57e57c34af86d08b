import { type AuditEntry, canonicalJson, type ConsistencyProof, type InclusionProof, type Page } from '@reenact/contracts';
import {
  leafHash,
  openCheckpoint,
  parseVerifierKey,
  RootBuilder,
  verifyConsistency,
  verifyInclusion,
} from '@reenact/transparency-log';
import { type LocalWorld, startLocalWorld } from './harness/local-world.js';
import { RecordingTarget } from './harness/recording-target.js';
import { SampleAgent, ticketPipeline } from './harness/sample-agent.js';
import type { World } from './harness/world.js';

interface Line {
  index: number;
  leafHash: string;
  entry: AuditEntry;
}

let local: LocalWorld;
let world: World;
let target: RecordingTarget;
/** The states that each replay of the story went through, in the order of the saga. */
const stories = new Map<string, string[]>();
let first: { size: number; root: Buffer };
let exported: { lines: Line[]; checkpoint: string };

const log = () => `orgs/${world.connection.org.id}/audit`;

beforeAll(async () => {
  local = await startLocalWorld();
  world = local.world;
  target = await RecordingTarget.start();
  const spec = ticketPipeline('orders');
  const { prod } = world.connection.environments;
  await world.prepare(prod.id, spec, target);
  const agent = await SampleAgent.enrol(world, { id: prod.id, slug: 'prod' }, local.directory);
  const artifact = await agent.fail({ spec, target, records: 3, done: 1 });
  first = await world.until(readCheckpoint, ({ size }) => expect(size).toBeGreaterThan(0));

  const refusedBody = { artifactId: artifact.id, mode: 'dry_run', reason: 'I may not' };
  expect((await world.as('viewer').call('POST', 'replays', refusedBody)).status).toBe(403);
  const wish = await world.readyToExecute(artifact);
  stories.set(wish.dryRunId, ['requested', 'checking', 'dispatching', 'running', 'succeeded']);
  const rejected = await world.ended((await world.request({ ...wish, approvalId: undefined })).id);
  stories.set(rejected.id, ['requested', 'checking', 'rejected']);
  const executed = await world.ended((await world.request(wish)).id);
  stories.set(executed.id, ['requested', 'checking', 'reserving', 'dispatching', 'running', 'succeeded']);
  expect((await world.as('operator').call('GET', `${log()}/export`)).status).toBe(403);
  exported = await world.until(exportLog, ({ lines }) => {
    for (const [replayId, states] of stories) expect(typesOf(lines, replayId)).toContain(`replay.${states.at(-1)}`);
    expect(lines.filter(({ entry }) => entry.type === 'access.denied').length).toBeGreaterThanOrEqual(2);
  });
}, 180_000);

afterAll(async () => {
  await target?.stop();
  await local?.close();
});

async function exportLog(): Promise<typeof exported> {
  const text = await world.as('auditor').get<string>(`${log()}/export`);
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line & { checkpoint?: string });
  return { checkpoint: lines.pop()?.checkpoint ?? '', lines };
}

/** The newest checkpoint. Throws when its signature does not hold. */
async function readCheckpoint(): Promise<{ size: number; root: Buffer; verifier: ReturnType<typeof parseVerifierKey> }> {
  const { headers, body } = await world.as('auditor').call<string>('GET', `${log()}/checkpoint`);
  const verifier = parseVerifierKey(headers.get('x-reenact-verifier-key') ?? '');
  return { ...openCheckpoint(body, verifier.name, [verifier]), verifier };
}

function rootOf(lines: Line[]): Buffer {
  const tree = new RootBuilder();
  for (const { entry } of lines) tree.append(Buffer.from(canonicalJson(entry)));
  return tree.root();
}

const typesOf = (lines: Line[], replayId: string) =>
  lines.filter(({ entry }) => entry.correlationId === replayId && entry.subject.id === replayId).map(({ entry }) => entry.type);

describe('seal-entry', () => {
  it('seal-entry - every state of a replay is in the log exactly once, in order', () => {
    for (const [replayId, states] of stories) {
      const sealed = typesOf(exported.lines, replayId).filter((type) => type.startsWith('replay.'));
      expect(sealed).toEqual(states.map((state) => `replay.${state}`));
    }
  });

  it('seal-entry - every entry is sealed once, under its own index', () => {
    expect(exported.lines.map(({ index, entry }) => [index, entry.index])).toEqual(exported.lines.map((_, i) => [i, i]));
    expect(new Set(exported.lines.map(({ entry }) => entry.id)).size).toBe(exported.lines.length);
  });

  it('seal-entry - what was refused to a person is there as denied', async () => {
    const { id: viewer } = await world.as('viewer').get<{ id: string }>('me');
    const { id: operator } = await world.as('operator').get<{ id: string }>('me');
    const denied = exported.lines.filter(({ entry }) => entry.type === 'access.denied').map(({ entry }) => entry);
    expect(denied).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          outcome: 'denied',
          category: 'access',
          actor: { kind: 'user', id: viewer },
          data: expect.objectContaining({
            code: 'forbidden',
            status: 403,
            route: expect.stringContaining('POST /api/v1/replays'),
          }),
        }),
        expect.objectContaining({
          actor: { kind: 'user', id: operator },
          data: expect.objectContaining({ code: 'forbidden', route: expect.stringContaining('audit/export') }),
        }),
      ]),
    );
  });

  it('seal-entry - says who did what: artifact, approval, decision, actions', () => {
    const types = new Set(exported.lines.map(({ entry }) => entry.type));
    for (const type of ['artifact.stored', 'agent.enrolled', 'approval.requested', 'approval.decided', 'replay.rejected']) {
      expect(types).toContain(type);
    }
    // Reasons are what people typed: the log has digests of them alone.
    expect(JSON.stringify(exported.lines.map(({ entry }) => entry))).not.toMatch(/Make what is missing|It is right|Look into it/);
  });
});

describe('verify-log', () => {
  it('verify-log - the root of the exported entries is the one that the checkpoint signs', async () => {
    const { verifier } = await readCheckpoint();
    const checkpoint = openCheckpoint(exported.checkpoint, verifier.name, [verifier]);
    expect(checkpoint.size).toBe(exported.lines.length);
    expect(rootOf(exported.lines).equals(checkpoint.root)).toBe(true);
    for (const { leafHash: claimed, entry } of exported.lines) {
      const own = leafHash(Buffer.from(canonicalJson(entry)));
      expect([own.toString('base64'), `sha256:${own.toString('hex')}`]).toContain(claimed);
    }
  });

  it('verify-log - the inclusion of each entry of each replay can be proven', async () => {
    const size = exported.lines.length;
    const root = rootOf(exported.lines);
    const told = exported.lines.filter(({ entry }) => stories.has(entry.correlationId));
    expect(told.length).toBeGreaterThanOrEqual(14);
    for (const { index, entry } of told) {
      const proof = await world.as('auditor').get<InclusionProof>(`${log()}/proofs/inclusion?index=${index}&size=${size}`);
      const hashes = proof.hashes.map((hash) => Buffer.from(hash, 'base64'));
      const leaf = leafHash(Buffer.from(canonicalJson(entry)));
      expect(verifyInclusion({ index, size, leafHash: leaf, hashes, root })).toBe(true);
      const forged = leafHash(Buffer.from(canonicalJson({ ...entry, outcome: 'allowed' })));
      expect(verifyInclusion({ index, size, leafHash: forged, hashes, root })).toBe(false);
    }
  });

  it('verify-log - the log only grew since its first checkpoint', async () => {
    const to = exported.lines.length;
    expect(first.size).toBeLessThan(to);
    const path = `${log()}/proofs/consistency?from=${first.size}&to=${to}`;
    const { hashes } = await world.as('auditor').get<ConsistencyProof>(path);
    const proof = { from: first.size, to, fromRoot: first.root, toRoot: rootOf(exported.lines) };
    expect(verifyConsistency({ ...proof, hashes: hashes.map((hash) => Buffer.from(hash, 'base64')) })).toBe(true);
    expect(rootOf(exported.lines.slice(0, first.size)).equals(first.root)).toBe(true);
  });

  it('verify-log - who acts on a replay reads its story', async () => {
    const [replayId] = [...stories.keys()].slice(-1);
    const story = await world.as('operator').get<Page<Line>>(`replays/${replayId}/audit?limit=200`);
    const own = exported.lines.filter(({ entry }) => entry.correlationId === replayId);
    expect(story.items.map(({ index }) => index).toReversed()).toEqual(own.map(({ index }) => index));
  });

  it('verify-log - an entry that is changed in the database shows', async () => {
    const [replayId] = [...stories.keys()].slice(-1);
    const changed = await world.sql(
      `update audit.entry set body = replace(body, '"outcome":"succeeded"', '"outcome":"allowed"')
       where correlation_id = $1 and type = 'replay.succeeded' returning leaf_index`,
      [replayId],
    );
    expect(changed).toHaveLength(1);
    const now = await exportLog();
    const { verifier } = await readCheckpoint();
    const { size, root } = openCheckpoint(now.checkpoint, verifier.name, [verifier]);
    expect(now.lines).toHaveLength(size);
    expect(rootOf(now.lines).equals(root)).toBe(false);
  });
});
