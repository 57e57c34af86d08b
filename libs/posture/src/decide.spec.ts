import type { Posture } from '@reenact/contracts';
import { decide, defaultPosture } from './index.js';

const now = new Date('2026-11-23T12:00:00.000Z');
const posture = (change: Partial<Posture> = {}): Posture => ({ ...defaultPosture('prod'), ...change });
const execute = (of: Posture, capabilities: string[] = [], otherVersion = false) =>
  decide({ posture: of, mode: 'execute', otherVersion, capabilities, now });

describe('decide', () => {
  it('asks for a dry run and an approval in prod, for nothing in dev', () => {
    expect(execute(posture(), ['http:triage'])).toEqual({
      decision: 'require_approval',
      codes: [],
      capabilities: [{ capability: 'http:triage', decision: 'require_approval', key: 'replay.execute' }],
      needsApproval: true,
      needsDryRun: true,
    });
    expect(execute(defaultPosture('dev'), ['http:triage'], true)).toMatchObject({
      decision: 'allow',
      needsApproval: false,
      needsDryRun: false,
    });
    expect(decide({ posture: posture(), mode: 'dry_run', otherVersion: true, capabilities: [], now }).decision).toBe('allow');
  });

  it('lets the most specific key decide a capability', () => {
    const of = posture({
      replay: { dryRun: 'allow', execute: 'allow', otherVersion: 'allow' },
      capabilities: { '*': 'deny', 'http:*': 'require_approval', 'http:sandbox': 'allow' },
    });
    expect(execute(of, ['http:sandbox']).decision).toBe('allow');
    expect(execute(of, ['http:sandbox', 'http:other'])).toMatchObject({ decision: 'require_approval', needsApproval: true });
    expect(execute(of, ['http:sandbox', 'nats:jobs'])).toMatchObject({
      decision: 'deny',
      codes: ['capability_denied'],
      needsApproval: false,
    });
    expect(execute(of, ['http:__proto__']).capabilities[0].key).toBe('http:*');
  });

  it('says every reason of a denial', () => {
    const of = posture({
      replay: { dryRun: 'deny', execute: 'dry_run_only', otherVersion: 'deny' },
      capabilities: { 'nats:*': 'dry_run_only' },
      freezes: [{ from: '2026-11-23T12:00:00.000Z', to: '2026-11-23T13:00:00.000Z', reason: 'sale' }],
    });
    expect(execute(of, ['nats:jobs'], true)).toMatchObject({
      decision: 'deny',
      codes: ['environment_frozen', 'posture_denies_execute', 'version_override_denied', 'capability_denied'],
      frozen: { reason: 'sale' },
    });
    expect(decide({ posture: of, mode: 'dry_run', otherVersion: true, capabilities: ['nats:jobs'], now })).toEqual({
      decision: 'deny',
      codes: ['posture_denies_dry_run', 'version_override_denied'],
      capabilities: [],
      needsApproval: false,
      needsDryRun: false,
    });
  });

  it('ends a freeze at its to', () => {
    const of = posture({ freezes: [{ from: '2026-11-23T11:00:00.000Z', to: '2026-11-23T12:00:00.000Z', reason: 'sale' }] });
    expect(execute(of).frozen).toBeUndefined();
  });
});
