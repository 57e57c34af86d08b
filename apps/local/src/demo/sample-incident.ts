import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Replay } from '@reenact/contracts';
import { TERMINAL_STATES } from '@reenact/contracts';
import { ApiClient, ApiProblem } from '../api-client.js';
import type { Connection } from '../connection-file.js';

/** The people of the play, and what they know. */
export interface Play {
  connection: Connection;
  admin: ApiClient;
  operator: ApiClient;
  approver: ApiClient;
  auditor: ApiClient;
  environmentId: string;
  /** Where this play keeps its files. */
  directory: string;
}

export function preparePlay(connection: Connection, home: string): Play {
  const as = (token: string) => new ApiClient(connection.gatewayUrl, token);
  const { admin, operator, approver, auditor } = connection.tokens;
  const directory = join(home, 'sample');
  if (!existsSync(directory)) mkdirSync(directory, { recursive: true, mode: 0o700 });
  return {
    connection,
    admin: as(admin),
    operator: as(operator),
    approver: as(approver),
    auditor: as(auditor),
    environmentId: connection.environments.prod.id,
    directory,
  };
}

const PATIENCE_MS = 60_000;
const PAUSE_MS = 50;

/** Asks until the answer is there. Throws a sentence when it does not come within a minute. */
export async function until<T>(ask: () => Promise<T | undefined>, what: string): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask().catch((error: unknown) => {
      // A part that restarts is waited for, as any client would.
      if (error instanceof ApiProblem && error.status === 503) return undefined;
      throw error;
    });
    if (answer !== undefined) return answer;
    if (performance.now() > end) throw new Error(`waited a minute for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** The replay once it has ended. */
export function ended(client: ApiClient, replayId: string): Promise<Replay> {
  return until(async () => {
    const replay = await client.get<Replay>(`replays/${replayId}`);
    return TERMINAL_STATES.includes(replay.state) ? replay : undefined;
  }, `the end of ${replayId}`);
}

/** The code that a call is refused with, or a sentence when it is not refused. */
export async function refusalOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ApiProblem) return `${error.status} ${error.document.code}`;
    throw error;
  }
  return 'no refusal';
}
