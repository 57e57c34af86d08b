import { sha256 } from '@reenact/contracts';
import { buildPlan } from '../plan/build-plan.js';
import { compileSpec } from '../engine/compile-pipeline.js';
import { JournalRecord } from '../journal/journal-record.js';
import { specHash } from '../spec/spec-hash.js';
import { journalOf } from '../testing/sample-bundle.js';
import { ISSUE_TRIAGE } from '../testing/sample-specs.js';
import { auditV1 } from './audit-v1.js';

async function* records() {
  for (const entry of journalOf(4)) yield JournalRecord.of(entry);
}

describe('audit-v1', () => {
  it('has the field names of replay audit v1', async () => {
    const { header, report } = await buildPlan({
      artifactSha256: sha256('artifact'),
      specHash: specHash(ISSUE_TRIAGE),
      pipeline: compileSpec(ISSUE_TRIAGE),
      projectId: 'prj_1',
      environmentId: 'env_1',
      selection: { lastN: 2 },
      targets: [{ id: 'tgt_1', name: 'triage', revision: 1 }],
      records,
    });
    const audit = auditV1({
      spec: ISSUE_TRIAGE,
      header,
      report,
      createdUnixMs: 1_700_000_000_000,
      bundle: 'art_1',
      journal: { lane: 'webhooks', path: 'journal.ndjson' },
      environment: 'prod',
      approvalProvided: false,
      mode: 'dry_run',
      decide: () => 'require_approval',
    });
    const lines = journalOf(4)
      .slice(2)
      .map((entry) => JournalRecord.of(entry));
    expect(audit).toEqual({
      audit_v: 1,
      created_unix_ms: 1_700_000_000_000,
      bundle_dir: 'art_1',
      spec_sha256: specHash(ISSUE_TRIAGE).slice(7),
      input: {
        journal_lane: 'webhooks',
        journal_path: 'journal.ndjson',
        last_n: 2,
        scanned_records: 4,
        selected_bytes: lines.reduce((sum, { size }) => sum + size, 0),
        sample_sha256: lines.map(({ line }) => sha256(line).slice(7)),
      },
      policy: { env: 'prod', approval_provided: false, mode: 'dry_run' },
      actions: [
        {
          action: 'http',
          role: 'sink',
          input_lane: 'tickets',
          output_lane: null,
          stage: 'notify',
          target: 'triage',
          decision: 'require_approval',
        },
      ],
    });
  });
});
