import { canonicalJson } from '@reenact/contracts';
import { type BundleEntry, type ManifestIncident, type PipelineSpec, specHash, writeBundle } from '@reenact/pipeline';
import type { UploadFields } from './agent-client.js';
import type { Recording } from './recording.js';
import { redactEnvironment } from './redact-environment.js';
import { redactionKey } from './redaction-key.js';
import { again, type RedactionRules, Redactor } from './redactor.js';
import type { Spool } from './spool.js';

export interface IncidentCapture {
  agentId: string;
  environmentId: string;
  deploymentId?: string;
  bootId: string;
  /** Counts this boot's uploads from 1; default: the spool's next number. */
  sequence?: number;
  capturedAt: string;
  spec: PipelineSpec;
  /** The journal's lane and the sequence its offsets belong to. */
  lane: string;
  streamId: string;
  incident: ManifestIncident;
  /** The pipeline's own state, as JSON. */
  snapshot?: object;
  /** What must not leave, beside the environment's secrets. */
  redact?: RedactionRules;
}

/**
 * Writes an incident bundle of an ended recording into the spool. Answers the spool entry's name. What is redacted becomes a digest
 * under a key that lies beside the spool and never leaves. Throws a SpoolProblem when there is no room, a TypeError on wrong rules.
 */
export async function captureIncident(capture: IncidentCapture, recording: Recording, spool: Spool): Promise<string> {
  const { agentId, environmentId, deploymentId, bootId, capturedAt, spec, lane, streamId, incident, snapshot } = capture;
  const redactor = new Redactor(await redactionKey(`${spool.directory}.key`), capture.redact);
  const sequence = capture.sequence ?? (await spool.reserve(bootId));
  const { environment, redacted } = redactEnvironment({
    pid: process.pid,
    cwd: process.cwd(),
    args: process.argv.slice(2),
    env: process.env,
  });
  const json = (value: unknown) => Buffer.from(canonicalJson(value));
  const entries: BundleEntry[] = [
    { path: 'spec.json', role: 'spec', content: json(spec) },
    { path: 'journal.ndjson', role: 'journal', content: again(() => redactor.journalOf(recording.readJournal())) },
    { path: 'outcomes.ndjson', role: 'outcomes', content: again(() => redactor.outcomesOf(recording.readOutcomes())) },
    { path: 'environment.json', role: 'environment', content: json(environment) },
    ...(snapshot
      ? [{ path: 'snapshot.json', role: 'snapshot', content: Buffer.from(redactor.snapshotOf(canonicalJson(snapshot))) } as const]
      : []),
  ];
  for (const name of redacted) redactor.note('environment.json', `/env/${name}`, 'secret');
  // The manifest comes first in the bundle, so that what will be redacted must be known before.
  for await (const _line of redactor.journalOf(recording.readJournal()));
  for await (const _line of redactor.outcomesOf(recording.readOutcomes()));
  const identity = { agentId, environmentId, ...(deploymentId !== undefined && { deploymentId }) };
  const head = {
    ...identity,
    specHash: specHash(spec),
    capturedAt,
    bootId,
    sequence,
    incident,
    journal: { lane, records: recording.records, streamId },
    redactions: redactor.redactions,
  };
  const { stream } = await writeBundle(head, entries);
  const fields: Omit<UploadFields, 'sha256'> = {
    type: 'incident_bundle',
    capturedAt,
    specHash: head.specHash,
    ...(deploymentId !== undefined && { deploymentId }),
    bootId,
    sequence,
  };
  return spool.add(stream, fields);
}
