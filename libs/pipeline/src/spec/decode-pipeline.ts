import { Problem } from '@reenact/contracts';
import { Faults } from '../decoding/faults.js';
import { ObjectReader } from '../decoding/object-reader.js';
import { checkGraph } from './check-graph.js';
import { decodeStage } from './decode-stage.js';
import {
  LANE_PATTERN,
  PIPELINE_MODELS,
  PIPELINE_NAME_PATTERN,
  type PipelineSpec,
  SPEC_LIMITS,
  type Stage,
} from './spec-model.js';

/** Reads a pipeline spec strictly. Throws `spec_invalid` with every fault found: JSON Pointer, stage and reason. */
export function parseSpec(json: unknown): PipelineSpec {
  const faults = new Faults();
  const spec = decodeSpec(json, faults);
  if (spec && !faults.any) checkGraph(spec, faults);
  if (!spec || faults.any) throw new Problem('spec_invalid', { detail: faults.first, errors: faults.list });
  return spec;
}

/** Reads the bytes of a `spec.json`. Throws `spec_invalid`. */
export function parseSpecBytes(bytes: Uint8Array): PipelineSpec {
  return parseSpec(parseSpecJson(bytes));
}

/** The JSON of spec bytes. Throws `spec_invalid` when they are not UTF-8 JSON. */
export function parseSpecJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Problem('spec_invalid', { detail: 'is not UTF-8 JSON', errors: [{ path: '', message: 'is not UTF-8 JSON' }] });
  }
}

function decodeSpec(json: unknown, faults: Faults): PipelineSpec | undefined {
  const reader = ObjectReader.of(json, '', faults);
  if (!reader) return undefined;
  reader.word('apiVersion', ['reenact.dev/v1']);
  reader.word('kind', ['Pipeline']);
  reader.text('name', { max: 64, pattern: PIPELINE_NAME_PATTERN, meaning: 'must be lower-case letters, digits, dots, dashes' });
  reader.word('model', PIPELINE_MODELS);
  reader.text('input', { max: 64, pattern: LANE_PATTERN, meaning: 'must be letters, digits, dots, dashes' });
  const stages = reader.list('stages', 1, SPEC_LIMITS.stages);
  const decoded: (Stage | undefined)[] = stages.map((stage, index) => decodeStage(stage, `/stages/${index}`, faults));
  reader.end();
  // The members were checked one by one; the document itself stays as it was written, because its hash is over its own bytes.
  return decoded.includes(undefined) ? undefined : (json as PipelineSpec);
}
