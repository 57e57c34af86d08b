import { type BundleEntry, writeBundle } from '../bundle/write-bundle.js';
import type { BundleManifest } from '../bundle/manifest.js';
import { type JournalEntry, encodeJournalEntry } from '../journal/journal-record.js';
import type { Outcome } from '../journal/outcome.js';
import { encodeOutcome } from '../journal/read-outcomes.js';
import { specHash } from '../spec/spec-hash.js';
import type { PipelineSpec } from '../spec/spec-model.js';
import { collect } from './byte-streams.js';
import { ISSUE_TRIAGE } from './sample-specs.js';

export const AGENT_ID = 'agt_01h455vb4pex5vsknk084sn02q';
export const ENVIRONMENT_ID = 'env_01h455vb4pex5vsknk084sn02q';

export interface SampleBundle {
  spec?: PipelineSpec;
  journal?: readonly JournalEntry[];
  outcomes?: readonly Outcome[];
  extra?: readonly BundleEntry[];
  head?: Partial<BundleManifest>;
  gzip?: boolean;
}

export function journalOf(count: number): JournalEntry[] {
  return Array.from({ length: count }, (_, offset) => ({
    offset,
    at: `2026-01-02T03:04:${String(offset % 60).padStart(2, '0')}.000Z`,
    key: `repo-${offset % 3}`,
    headers: { 'X-GitHub-Event': 'issues', 'X-Secret': 's' },
    body: { action: offset % 3 === 0 ? 'closed' : 'opened', issue: { title: `Issue ${offset} \u2603`, number: offset } },
  }));
}

export async function sampleBundle(sample: SampleBundle = {}): Promise<{ bytes: Buffer; manifest: BundleManifest }> {
  const { spec = ISSUE_TRIAGE, journal = journalOf(30), outcomes, extra = [], head, gzip = true } = sample;
  const lines = (texts: string[]) => Buffer.from(texts.map((text) => `${text}\n`).join(''), 'utf8');
  const entries: BundleEntry[] = [
    { path: 'spec.json', role: 'spec', content: Buffer.from(JSON.stringify(spec)) },
    { path: 'journal.ndjson', role: 'journal', content: lines(journal.map(encodeJournalEntry)) },
    ...(outcomes ? [{ path: 'outcomes.ndjson', role: 'outcomes' as const, content: lines(outcomes.map(encodeOutcome)) }] : []),
    ...extra,
  ];
  const { manifest, stream } = await writeBundle(
    {
      agentId: AGENT_ID,
      environmentId: ENVIRONMENT_ID,
      specHash: specHash(spec),
      capturedAt: '2026-01-02T03:05:00.000Z',
      bootId: 'boot-1',
      sequence: 1,
      incident: { title: 'Tickets fail', severity: 'high', fingerprint: 'tickets-503' },
      journal: { lane: spec.input, records: journal.length },
      ...head,
    },
    entries,
    { gzip },
  );
  return { manifest, bytes: await collect(stream) };
}
