import { canonicalJson } from '@reenact/contracts';
import { type BundleEntry, type ManifestIncident, type PipelineSpec, specHash, writeBundle } from '@reenact/pipeline';
import type { UploadFields } from './agent-client.js';
import type { Recording } from './recording.js';
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
  const carriesOver = spec.stages.some(({ kind }) => kind === 'window');
  const journal = () => redactor.journalOf(recording.readJournal());
  const outcomes = () => redactor.outcomesOf(recording.readOutcomes(), carriesOver);
  const { pid, argv, env } = process;
  const environment = redactor.environmentOf({ pid, cwd: process.cwd(), args: argv.slice(2), env });
  const json = (value: unknown) => Buffer.from(canonicalJson(value));
  const entries: BundleEntry[] = [
    { path: 'spec.json', role: 'spec', content: json(spec) },
    { path: 'journal.ndjson', role: 'journal', content: again(journal) },
    { path: 'outcomes.ndjson', role: 'outcomes', content: again(outcomes) },
    { path: 'environment.json', role: 'environment', content: Buffer.from(environment) },
    ...(snapshot
      ? [{ path: 'snapshot.json', role: 'snapshot', content: Buffer.from(redactor.snapshotOf(canonicalJson(snapshot))) } as const]
      : []),
  ];
  // The manifest comes first in the bundle, so that what will be redacted must be known before.
  for await (const _line of journal());
  for await (const _line of outcomes());
  const identity = { agentId, environmentId, ...(deploymentId !== undefined && { deploymentId }) };
  const head = {
    ...identity,
    specHash: specHash(spec),
    capturedAt,
    bootId,
    sequence,
    incident: redactor.incidentOf(incident),
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
