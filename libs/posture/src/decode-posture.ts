import {
  DECISIONS,
  type Decision,
  type FieldError,
  type Freeze,
  type Posture,
  Problem,
  TARGET_KINDS,
  TARGET_NAME_PATTERN,
  TIERS,
} from '@reenact/contracts';
import { ObjectDecoder } from './object-decoder.js';

const MAX_CAPABILITIES = 256;
const MAX_FREEZES = 100;

/**
 * Reads a posture strictly: every member present, none unknown, durations, times and ranges checked; times become UTC with
 * milliseconds. Throws `validation_failed` with every fault by its JSON Pointer.
 */
export function decodePosture(json: unknown): Posture {
  const faults: FieldError[] = [];
  const body = new ObjectDecoder(json, '', faults);
  const tier = body.oneOf('tier', TIERS);
  const replay = body.object('replay');
  const approval = body.object('approval');
  const retention = body.object('retention');
  const capabilities = body.object('capabilities');
  const posture: Posture = {
    tier,
    replay: {
      dryRun: replay.oneOf('dryRun', ['allow', 'require_approval', 'deny']),
      execute: replay.oneOf('execute', DECISIONS),
      otherVersion: replay.oneOf('otherVersion', DECISIONS),
    },
    requireDryRun: body.boolean('requireDryRun'),
    dryRunMaxAge: body.duration('dryRunMaxAge', 'PT1S', 'P365D'),
    approval: { approvers: approval.int('approvers', 1, 10), maxTtl: approval.duration('maxTtl', 'PT1S', 'P30D') },
    capabilities: decodeCapabilities(capabilities),
    freezes: body.list('freezes', MAX_FREEZES, decodeFreeze),
    maxConcurrentExecutes: body.int('maxConcurrentExecutes', 1, 100),
    retention: { artifacts: retention.duration('artifacts', 'P1D', 'P3650D') },
  };
  for (const part of [body, replay, approval, retention, capabilities]) part.end();
  if (faults.length > 0) throw new Problem('validation_failed', { errors: faults });
  return posture;
}

function decodeCapabilities(capabilities: ObjectDecoder): Record<string, Decision> {
  const names = capabilities.names();
  if (names.length > MAX_CAPABILITIES) capabilities.fault('', `must have at most ${MAX_CAPABILITIES} members`);
  const read = names.map((name): [string, Decision] => {
    if (!isCapabilityKey(name)) capabilities.fault(name, 'must be <kind>:<target>, <kind>:* or *, where kind is http or nats');
    return [name, capabilities.oneOf(name, DECISIONS)];
  });
  return Object.fromEntries(read);
}

function isCapabilityKey(key: string): boolean {
  if (key === '*') return true;
  const [kind, target, ...rest] = key.split(':');
  const knownKind = TARGET_KINDS.some((word) => word === kind);
  return knownKind && rest.length === 0 && target !== undefined && (target === '*' || TARGET_NAME_PATTERN.test(target));
}

function decodeFreeze(freeze: ObjectDecoder): Freeze {
  const read = { from: freeze.time('from'), to: freeze.time('to'), reason: freeze.text('reason', 1, 500) };
  if (read.from !== '' && read.to !== '' && Date.parse(read.to) <= Date.parse(read.from))
    freeze.fault('to', 'must be after from');
  return read;
}
