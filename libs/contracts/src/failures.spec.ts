import { FAILURES, failureRemedy, REJECTIONS } from './index.js';

describe('failures', () => {
  it('failures - no code is declared twice', () => {
    expect(Object.keys(FAILURES).filter((code) => Object.hasOwn(REJECTIONS, code))).toEqual([]);
  });

  it('failures - every code says what to do, once', () => {
    expect(failureRemedy(['action_indeterminate', 'stopped'])).toBe('An operator looks at the target, then resolves the replay.');
    expect(failureRemedy(['plan_mismatch', 'internal'])).toBe(`${REJECTIONS.plan_mismatch.remedy}. ${FAILURES.internal.remedy}.`);
    expect(failureRemedy(['of_a_later_version'])).toBeUndefined();
  });
});
