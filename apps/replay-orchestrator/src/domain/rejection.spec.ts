import { REJECTIONS, type RejectionCode } from '@reenact/contracts';
import { rejectionOf } from './rejection.js';

describe('rejection', () => {
  it.each<[string, RejectionCode[], string]>([
    [
      'one approval of the new plan, not of the old one',
      ['target_changed', 'dry_run_stale', 'approval_scope_mismatch', 'approval_expired'],
      'Run another dry run. Request approval of the dry run; another person decides.',
    ],
    [
      'the evidence before the plan, the right time at the end',
      ['environment_frozen', 'spec_hash_unresolved', 'dry_run_missing', 'approval_missing'],
      'A project admin registers the version that ran. Run a dry run and name it as dryRunId. Request approval of the dry run; another person ' +
        'decides. Wait for the end of the freeze or stop and ask again, or a project admin lifts it.',
    ],
    ['nothing about an approval that has to be replaced', ['approval_revoked', 'approval_pending'], 'Request another approval.'],
    [
      'a forged approval, whatever else there is to do',
      ['plan_mismatch', 'approval_expired', 'approval_signature_invalid'],
      'Run another dry run. Request another approval, and tell security.',
    ],
    ['that waiting is not all', ['approval_pending'], 'Wait for the decision and ask again.'],
  ])('rejection - says %s', (_what, codes, remedy) => {
    expect(rejectionOf(codes)).toMatchObject({ codes, code: codes[0], remedy });
  });

  it('rejection - says of a missing dry run what is true whether posture asks for one or an id names none', () => {
    expect(rejectionOf(['dry_run_missing'])).toMatchObject({
      detail: 'No dry run of this environment is named.',
      remedy: 'Run a dry run and name it as dryRunId.',
    });
  });

  it('rejection - says of every code alone what its declaration says', () => {
    for (const code of Object.keys(REJECTIONS) as RejectionCode[]) {
      const { title, remedy } = REJECTIONS[code];
      expect(rejectionOf([code, code])).toEqual({ codes: [code], code, detail: `${title}.`, remedy: `${remedy}.` });
    }
  });
});
