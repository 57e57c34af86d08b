import { type IdKind, SHA256_PATTERN, TIME_PATTERN, isId, isStorable } from '@reenact/contracts';
import { isDeeperThan } from '@reenact/contracts';
import { Faults, pointer } from '../decoding/faults.js';
import { ObjectReader, isObject } from '../decoding/object-reader.js';
import { malformed } from './archive-problem.js';
import { pathFault, pathKey } from './entry-path.js';
import { BUNDLE_FORMAT, BUNDLE_ROLES, type BundleManifest, MANIFEST_PATH, SEVERITIES, INCIDENT_LIMITS } from './manifest.js';

const HASH = { max: 71, pattern: SHA256_PATTERN, meaning: 'must be sha256:<64 lower-case hex>' };
const TIME = { max: 64, pattern: TIME_PATTERN, meaning: 'must be an RFC 3339 time' };
const MAX_FILES = 10_000;
const MAX_DEPTH = 16;

/** Reads the bytes of `manifest.json`. Throws `artifact_malformed`. */
export function parseManifest(bytes: Uint8Array): BundleManifest {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw malformed(MANIFEST_PATH, 'is not UTF-8 JSON', error);
  }
  return decodeManifest(json);
}

/** Reads a manifest strictly. Throws `artifact_malformed` with the first fault. */
export function decodeManifest(json: unknown): BundleManifest {
  if (isDeeperThan(json, MAX_DEPTH)) throw malformed(MANIFEST_PATH, `is more than ${MAX_DEPTH} levels deep`);
  const faults = new Faults();
  const reader = ObjectReader.of(json, '', faults);
  if (reader) readMembers(reader, faults);
  refuseUnstorable(json, '', faults);
  if (faults.any) throw malformed(MANIFEST_PATH, faults.first);
  return json as BundleManifest;
}

/** Names and values end in the database and in messages: all of them, also those that have no rule of their own. */
function refuseUnstorable(value: unknown, path: string, faults: Faults): void {
  if (typeof value === 'string') {
    if (!isStorable(value)) faults.add(path, 'must not contain NUL or half a surrogate pair');
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => refuseUnstorable(item, pointer(path, index), faults));
  } else if (isObject(value)) {
    for (const [name, member] of Object.entries(value)) {
      if (!isStorable(name)) faults.add(path, 'must not have a name with NUL or half a surrogate pair');
      else refuseUnstorable(member, pointer(path, name), faults);
    }
  }
}

function readMembers(reader: ObjectReader, faults: Faults): void {
  reader.word('format', [BUNDLE_FORMAT]);
  readId(reader, 'agentId', 'agent', true);
  readId(reader, 'environmentId', 'environment', true);
  readId(reader, 'deploymentId', 'deployment', false);
  reader.text('specHash', HASH);
  reader.text('capturedAt', TIME);
  reader.optionalText('bootId', { max: 128 });
  reader.optionalInteger('sequence', 1, Number.MAX_SAFE_INTEGER);
  if (reader.has('incident')) readIncident(reader.raw('incident'), reader.at('incident'), faults);
  if (reader.has('journal')) readJournalMember(reader.raw('journal'), reader.at('journal'), faults);
  if (reader.has('redactions')) reader.list('redactions', 0, 100_000);
  readFiles(reader, faults);
  reader.end();
}

function readId(reader: ObjectReader, name: string, kind: IdKind, required: boolean): void {
  const value = required ? reader.required(name) : reader.raw(name);
  if (value !== undefined && !isId(kind, value)) reader.fault(name, `must be an id of an ${kind}`);
}

function readIncident(json: unknown, path: string, faults: Faults): void {
  const reader = ObjectReader.of(json, path, faults);
  if (!reader) return;
  reader.text('title', { max: INCIDENT_LIMITS.title });
  reader.word('severity', SEVERITIES);
  reader.text('fingerprint', { max: INCIDENT_LIMITS.fingerprint });
  const labels = reader.raw('labels');
  if (labels !== undefined && !isLabels(labels)) reader.fault('labels', 'must be at most 64 pairs of short texts');
  reader.end();
}

function isLabels(value: unknown): boolean {
  if (!isObject(value)) return false;
  const pairs = Object.entries(value);
  const { labelName, label } = INCIDENT_LIMITS;
  return (
    pairs.length <= 64 &&
    pairs.every(([k, v]) => k.length >= 1 && k.length <= labelName && typeof v === 'string' && v.length <= label)
  );
}

function readJournalMember(json: unknown, path: string, faults: Faults): void {
  const reader = ObjectReader.of(json, path, faults);
  if (!reader) return;
  reader.text('lane', { max: 64 });
  reader.integer('records', 0, Number.MAX_SAFE_INTEGER);
  reader.optionalText('streamId', { max: 256 });
  reader.end();
}

function readFiles(reader: ObjectReader, faults: Faults): void {
  const files = reader.list('files', 1, MAX_FILES);
  const roles = new Map<string, number>();
  const paths = new Set<string>([MANIFEST_PATH]);
  files.forEach((file, index) => {
    const own = ObjectReader.of(file, pointer(reader.at('files'), index), faults);
    if (!own) return;
    const path = own.text('path', { max: 512 });
    const fault = path === '' ? undefined : pathFault(path);
    if (fault) own.fault('path', fault);
    if (paths.has(pathKey(path))) own.fault('path', 'is named twice, or differs in case only');
    paths.add(pathKey(path));
    const role = own.word('role', BUNDLE_ROLES);
    roles.set(role, (roles.get(role) ?? 0) + 1);
    own.integer('size', 0, Number.MAX_SAFE_INTEGER);
    own.text('sha256', HASH);
    own.end();
  });
  if (faults.any) return;
  if (roles.get('spec') !== 1) reader.fault('files', 'must have one file with the role spec');
  for (const role of ['journal', 'outcomes'] as const) {
    if ((roles.get(role) ?? 0) > 1) reader.fault('files', `must not have more than one file with the role ${role}`);
  }
  if (roles.has('journal') !== reader.has('journal'))
    reader.fault('journal', 'must stand exactly when a file has the role journal');
}
