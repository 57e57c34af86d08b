import type { EnrolledAgent } from '@reenact/contracts';
import { ANSWER_MS, callServer } from './call-server.js';
import { type RetryOptions, withRetry } from './retry.js';
import { Watchdog } from './watchdog.js';

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
  const init = {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name, labels, nonce }),
  };
  const { retry } = options;
  return withRetry(() => callServer<EnrolledAgent>(url, init, new Watchdog(ANSWER_MS, retry?.signal)), retry);
}
