import { defaultPosture } from '@reenact/posture';
import { judgeChange, judgeDecision } from './posture-change.js';

const now = new Date('2026-11-23T12:00:00.000Z');
const code = (value: string) => expect.objectContaining({ code: value }) as Error;

describe('posture change', () => {
  it('waits for another person when it loosens a guarded tier', () => {
    const prod = defaultPosture('prod');
    const loose = { ...prod, requireDryRun: false };
    expect(judgeChange(prod, { ...prod }, now)).toBe('unchanged');
    expect(judgeChange(prod, loose, now)).toBe('pending');
    expect(judgeChange(loose, prod, now)).toBe('applied');
    expect(judgeChange(prod, { ...prod, maxConcurrentExecutes: 9 }, now)).toBe('applied');
    expect(judgeChange({ ...prod, tier: 'dev' }, { ...loose, tier: 'dev' }, now)).toBe('applied');
    expect(judgeChange(prod, { ...prod, tier: 'dev' }, now)).toBe('pending');
  });

  it('is decided by another person, once, on the revision that it was made for', () => {
    const change = { state: 'pending', baseRevision: 3, requestedBy: { id: 'usr_1' } };
    expect(judgeDecision(change, { by: 'usr_2', word: 'confirm' }, 3)).toBe('confirmed');
    expect(judgeDecision(change, { by: 'usr_2', word: 'refuse' }, 3)).toBe('refused');
    expect(judgeDecision(change, { by: 'usr_2', word: 'confirm' }, 4)).toBe('superseded');
    expect(() => judgeDecision(change, { by: 'usr_1', word: 'confirm' }, 3)).toThrow(code('self_approval'));
    expect(() => judgeDecision({ ...change, state: 'confirmed' }, { by: 'usr_2', word: 'refuse' }, 3)).toThrow(
      code('posture_change_decided'),
    );
  });
});
