import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivateFile } from '@reenact/embedded';
import type { Installation, SampleUser } from './installation.js';
import type { Provisioned } from './provision.js';

/** What other programs of this machine need to use a running installation. */
export interface Connection extends Provisioned {
  v: 1;
  pid: number;
  version: string;
  gatewayUrl: string;
  ingestUrl: string;
  /** For people with a browser: while there is no console, the gateway leads from there to the API's reference. */
  consoleUrl: string;
  natsUrl: string;
  tokens: Record<SampleUser, string>;
}

const path = (home: string) => join(home, 'connection.json');

/** First thing at a start, last at a stop: while the file is there, what it says is true. */
export function removeConnection(home: string): void {
  rmSync(path(home), { force: true });
}

/** Mode 0600, written by rename. */
export function writeConnection(home: string, connection: Connection): void {
  writePrivateFile(path(home), `${JSON.stringify(connection, null, 2)}\n`);
}

export function tokensOf(installation: Installation): Record<SampleUser, string> {
  return Object.fromEntries(Object.entries(installation).map(([name, user]) => [name, user.token])) as Record<SampleUser, string>;
}
