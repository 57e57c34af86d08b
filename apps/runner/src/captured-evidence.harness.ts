import { type Artifact, type ArtifactSource, newId, type PipelineVersion, sha256 } from '@reenact/contracts';
import { encodeJournalEntry, encodeOutcome, parseSpec, type PipelineSpec, specHash, writeBundle } from '@reenact/pipeline';

export interface BundleWish {
  records?: number;
  /** Offsets whose action had succeeded. */
  done?: number[];
  /** Offsets whose title the agent kept to itself. */
  redacted?: number[];
  idempotent?: boolean;
  /** After the records: a line of the journal as it is. */
  line?: string;
  /** Instead of the one that makes tickets. */
  stages?: object[];
}

export interface Scope {
  orgId: string;
  projectId: string;
  environmentId: string;
}

/** What an agent uploaded, and what catalog and ingest know of it. */
export interface Evidence {
  bytes: Buffer;
  source: ArtifactSource;
  version: PipelineVersion;
}

const TOKEN = `rdx1_${'x'.repeat(43)}`;

/** A bundle of webhooks that each make a ticket, unless something else is wished. */
export async function captureEvidence(scope: Scope, wish: BundleWish = {}): Promise<Evidence> {
  const { records = 5, done = [], redacted = [] } = wish;
  const spec = specOf(wish);
  const hash = specHash(spec);
  const agentId = newId('agent');
  const journal = Array.from({ length: records }, (_, i) =>
    encodeJournalEntry({
      offset: i + 1,
      at: '2026-11-01T12:00:00.000Z',
      headers: { 'x-github-event': 'issues', cookie: 'secret' },
      body: { title: redacted.includes(i + 1) ? { $redacted: TOKEN } : `Issue ${i + 1}` },
    }),
  );
  const outcomes = done.map((offset) => encodeOutcome({ offset, stage: 'notify', n: 0, status: 'ok' }));
  const { stream } = await writeBundle(
    {
      agentId,
      environmentId: scope.environmentId,
      specHash: hash,
      capturedAt: '2026-11-01T12:01:00.000Z',
      journal: { lane: 'webhooks', records, streamId: newId('incident') },
    },
    [
      { path: 'spec.json', role: 'spec', content: Buffer.from(JSON.stringify(spec)) },
      { path: 'journal.ndjson', role: 'journal', content: ndjson(wish.line === undefined ? journal : [...journal, wish.line]) },
      { path: 'outcomes.ndjson', role: 'outcomes', content: ndjson(outcomes) },
    ],
  );
  const bytes = Buffer.concat(await stream.toArray());
  const digest = sha256(bytes);
  const now = new Date().toISOString();
  const artifact: Artifact = {
    id: newId('artifact'),
    type: 'incident_bundle',
    state: 'stored',
    sha256: digest,
    size: bytes.length,
    ...scope,
    agentId,
    specHash: hash,
    capturedAt: now,
    receivedAt: now,
    redactions: [],
    replayable: { ok: true },
    createdAt: now,
  };
  const key = `blobs/${scope.orgId}/${digest.slice('sha256:'.length)}`;
  return {
    bytes,
    source: { artifact, blob: { key, size: bytes.length, sha256: digest }, streamId: newId('incident') },
    version: {
      id: newId('version'),
      pipeline: spec.name,
      orgId: scope.orgId,
      projectId: scope.projectId,
      specHash: hash,
      spec,
      state: 'active',
      createdAt: now,
    },
  };
}

function specOf({ idempotent = true, stages }: BundleWish): PipelineSpec {
  return parseSpec({
    apiVersion: 'reenact.dev/v1',
    kind: 'Pipeline',
    name: 'issue-triage',
    model: stages ? 'lane_graph' : 'single_ring',
    input: 'webhooks',
    stages: stages ?? [
      {
        id: 'notify',
        kind: 'action',
        from: ['webhooks'],
        idempotent,
        action: { kind: 'http', target: 'triage', path: "'/tickets'", body: 'value', headers: ['x-github-event'] },
      },
    ],
  });
}

function ndjson(lines: string[]): Buffer {
  return Buffer.from(lines.map((line) => `${line}\n`).join(''));
}
