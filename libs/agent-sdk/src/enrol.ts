import type { EnrolledAgent } from '@reenact/contracts';
import { AgentUnreachable, readAnswer } from './agent-problem.js';
import { type RetryOptions, withRetry } from './retry.js';

export interface EnrolOptions {
  ingestUrl: string;
  /** `rnt_enr_...`, single use. */
  token: string;
  /** Ids or slugs. */
  organisation: string;
  project: string;
  environment: string;
  name?: string;
  labels?: Record<string, string>;
  /** Kept by the caller, so that an enrolment whose answer was lost can be asked for again. */
  nonce: string;
  retry?: RetryOptions;
}

/** Enrols this process as an agent. The key in the answer is shown once: keep it. Throws an AgentProblem. */
export function enrol(options: EnrolOptions): Promise<EnrolledAgent> {
  const { ingestUrl, token, organisation, project, environment, name, labels, nonce } = options;
  const path = [organisation, project, environment].map(encodeURIComponent);
  const url = `${ingestUrl}/api/v1/orgs/${path[0]}/projects/${path[1]}/environments/${path[2]}/agents`;
  return withRetry(async () => {
    const response = await AgentUnreachable.whenLost(() =>
      fetch(url, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name, labels, nonce }),
      }),
    );
    return readAnswer<EnrolledAgent>(response);
  }, options.retry);
}
