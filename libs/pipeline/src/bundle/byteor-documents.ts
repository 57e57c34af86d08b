import { isDeeperThan } from '@reenact/contracts';
import { Faults } from '../decoding/faults.js';
import { ObjectReader, isObject } from '../decoding/object-reader.js';

/** Reads one document of the layout; what is wrong is a fault. Members that are not known are left alone, as the format asks. */
export type DocumentRule = (reader: ObjectReader, faults: Faults) => void;

const MAX_TEXT = 1024 * 1024;
const MAX_DEPTH = 64;
const U32 = 0xffff_ffff;

/** Says what is wrong with a JSON document of the layout, or undefined. */
export function documentFault(bytes: Buffer, rule: DocumentRule): string | undefined {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return 'is not UTF-8 JSON';
  }
  if (isDeeperThan(json, MAX_DEPTH)) return `is more than ${MAX_DEPTH} levels deep`;
  const faults = new Faults();
  const reader = ObjectReader.of(json, '', faults);
  if (reader) rule(reader, faults);
  return faults.any ? faults.first : undefined;
}

/** `ok` with a description, or not with an error. */
export const specValidation: DocumentRule = (reader) => {
  const ok = readFlag(reader, 'ok');
  if (ok !== undefined) reader.text(ok ? 'description' : 'error', { min: 0, max: MAX_TEXT });
};

/** The crate that ran. */
export const runtime: DocumentRule = (reader, faults) => readCrate(reader, 'crate', faults);

/** What the policy said when the pipeline was started. */
export const policyAudit: DocumentRule = (reader, faults) => {
  readFlag(reader, 'ok');
  reader.integer('policy_version', 1, 1);
  reader.text('mode', { max: 64 });
  readFlag(reader, 'enforced');
  reader.word('stage_failure_policy', ['stop_pipeline']);
  reader.text('spec_path', { max: 4096 });
  for (const name of ['lane_path', 'wait']) reader.required(name);
  readCrate(reader, 'runtime_crate', faults);
  if (reader.has('spec') === reader.has('error')) reader.fault('spec', 'must stand exactly where there is no error');
  else if (reader.has('error')) reader.text('error', { min: 0, max: MAX_TEXT });
  else ObjectReader.of(reader.raw('spec'), reader.at('spec'), faults)?.text('model', { max: 64 });
};

/** The process that ran; its variables as pairs, sorted by name. */
export const environment: DocumentRule = (reader) => {
  reader.integer('pid', 0, U32);
  reader.text('cwd', { max: 4096 });
  if (!reader.list('args', 0, 100_000).every((argument) => typeof argument === 'string')) reader.fault('args', 'must be texts');
  checkPairs(reader, reader.list('env', 0, 100_000));
  const status = reader.required('proc_status');
  if (status !== undefined && status !== null && typeof status !== 'string' && !isObject(status))
    reader.fault('proc_status', 'must be text, an object or null');
};

function readFlag(reader: ObjectReader, name: string): boolean | undefined {
  const value = reader.required(name);
  if (typeof value === 'boolean') return value;
  if (value !== undefined) reader.fault(name, 'must be true or false');
  return undefined;
}

function readCrate(reader: ObjectReader, name: string, faults: Faults): void {
  const value = reader.required(name);
  const crate = value === undefined ? undefined : ObjectReader.of(value, reader.at(name), faults);
  crate?.text('name', { max: 256 });
  crate?.text('version', { max: 256 });
}

function checkPairs(reader: ObjectReader, pairs: unknown[]): void {
  let previous: string | undefined;
  for (const [index, pair] of pairs.entries()) {
    if (!Array.isArray(pair) || pair.length !== 2 || !pair.every((part) => typeof part === 'string')) {
      return reader.fault('env', `must be pairs of texts, not at ${index}`);
    }
    const [key] = pair as [string, string];
    if (previous !== undefined && Buffer.compare(Buffer.from(key), Buffer.from(previous)) < 0) {
      return reader.fault('env', `must be in the order of keys, not at ${index}`);
    }
    previous = key;
  }
}
