import { isRejectionCode, REJECTIONS, type RejectionDeclaration } from './rejections.js';

const failure = (title: string, remedy: string): RejectionDeclaration => ({ title, remedy });

const RESOLVE = 'An operator looks at the target, then resolves the replay';
const CAPTURE = 'Capture the evidence again';

/** Why a run ended short of success: the codes of `failure` beside those of rejections, which a run that has begun may fail with too. */
export const FAILURES = {
  action_failed: failure(
    'An action of the plan failed',
    'See why its target refused it, then ask for another dry run and execute: what is done is not sent again',
  ),
  action_indeterminate: failure('Whether an action arrived is not known', RESOLVE),
  // These two end a run as cancelled, and as indeterminate where an action was left of which nobody knows.
  cancel: failure('It was cancelled', RESOLVE),
  stopped: failure('The execution of the environment was stopped', RESOLVE),
  internal: failure(
    'It was tried too often',
    'Ask again; should that end alike, whoever runs the installation looks at the log of the runner',
  ),
  artifact_malformed: failure('The stored evidence breaks the rules of its format', CAPTURE),
  artifact_type_mismatch: failure('The stored evidence is not of its type', CAPTURE),
  artifact_too_large: failure('The stored evidence passes a size limit', 'Capture fewer records'),
  digest_mismatch: failure('The stored bytes no longer match their digest', 'Upload the evidence again'),
  spec_invalid: failure('The pipeline spec is invalid', 'A project admin registers a version that is valid'),
  validation_failed: failure('The selection cannot be applied', 'Ask again with another selection'),
  not_found: failure('Something that the run needs is gone', 'Capture the evidence again, or ask a project admin'),
} as const satisfies Record<string, RejectionDeclaration>;

export type FailureCode = keyof typeof FAILURES;

export function isFailureCode(code: unknown): code is FailureCode {
  return typeof code === 'string' && Object.hasOwn(FAILURES, code);
}

/** Who can do what about a failure: the remedy of every code once, in their order; undefined when none of them is known. */
export function failureRemedy(codes: readonly string[]): string | undefined {
  const remedies = codes.flatMap((code) =>
    isFailureCode(code) ? [FAILURES[code].remedy] : isRejectionCode(code) ? [REJECTIONS[code].remedy] : [],
  );
  return remedies.length > 0 ? `${[...new Set(remedies)].join('. ')}.` : undefined;
}
