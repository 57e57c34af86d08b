import { Problem } from '@reenact/contracts';
import { decodePosture, defaultPosture, samePosture } from './index.js';

const faultsOf = (json: unknown): string[] => {
  try {
    decodePosture(json);
  } catch (error) {
    expect(error).toBeInstanceOf(Problem);
    expect((error as Problem).code).toBe('validation_failed');
    return (error as Problem).options.errors?.map(({ path }) => path) ?? [];
  }
  return [];
};

describe('decode-posture', () => {
  it.each(['dev', 'staging', 'prod'] as const)('takes back the default of %s', (tier) => {
    const posture = defaultPosture(tier);
    expect(samePosture(decodePosture(JSON.parse(JSON.stringify(posture))), posture)).toBe(true);
  });

  it('names every fault by its pointer', () => {
    const wrong = {
      ...defaultPosture('prod'),
      replay: { dryRun: 'dry_run_only', execute: 'allow', otherVersion: 'maybe' },
      requireDryRun: 'yes',
      dryRunMaxAge: 'P1Y',
      approval: { approvers: 0, maxTtl: 'P31D' },
      capabilities: { 'http:a/b': 'allow', 'ftp:*': 'deny', '*': 'perhaps', 'nats:*': 'deny' },
      freezes: [{ from: '2026-12-02T00:00:00Z', to: '2026-12-01T00:00:00Z', reason: '' }, 'soon'],
      maxConcurrentExecutes: 1.5,
      retention: { artifacts: 'P90D', logs: 'P1D' },
      extra: true,
    };
    expect(faultsOf(wrong).sort()).toEqual([
      '/approval/approvers',
      '/approval/maxTtl',
      '/capabilities/*',
      '/capabilities/ftp:*',
      '/capabilities/http:a~1b',
      '/dryRunMaxAge',
      '/extra',
      '/freezes/0/reason',
      '/freezes/0/to',
      '/freezes/1',
      '/maxConcurrentExecutes',
      '/replay/dryRun',
      '/replay/otherVersion',
      '/requireDryRun',
      '/retention/logs',
    ]);
  });

  it('names a missing part once', () => {
    const { replay: _replay, ...rest } = defaultPosture('dev');
    expect(faultsOf(rest)).toEqual(['/replay']);
    for (const json of [null, [], 'allow', 3]) expect(faultsOf(json)).toEqual(['']);
    expect(faultsOf({ ...defaultPosture('dev'), approval: null })).toEqual(['/approval']);
    expect(faultsOf(JSON.parse('{"__proto__": {}}'))).toContain('/__proto__');
  });

  it('writes times as UTC with milliseconds', () => {
    const freezes = [{ from: '2026-12-01T01:00:00+01:00', to: '2026-12-02T00:00:00Z', reason: 'holiday' }];
    expect(decodePosture({ ...defaultPosture('dev'), freezes }).freezes).toEqual([
      { from: '2026-12-01T00:00:00.000Z', to: '2026-12-02T00:00:00.000Z', reason: 'holiday' },
    ]);
  });
});
