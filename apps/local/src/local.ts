import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { choosePort, claimHome } from '@reenact/embedded';
import { type Connection, removeConnection, tokensOf, writeConnection } from './connection-file.js';
import { startParts } from './embedded-parts.js';
import { openInstallation } from './installation.js';
import type { LocalOptions } from './options.js';
import { provision } from './provision.js';
import { readPorts } from './read-ports.js';
import { logFile, serviceEnvironment } from './service-environment.js';
import { startApart } from './separate-processes.js';
import { startTogether } from './services.js';

export const VERSION = '0.1.0';

export interface RunningLocal {
  connection: Connection;
  described: string[];
  stop(): Promise<void>;
}

interface Hooks {
  env: NodeJS.ProcessEnv;
  /** A file of this package: other packages are resolved from it. */
  resolveFrom: string;
  /** What takes long, for people to read. */
  tell: (line: string) => void;
  /** A part or a service ended without having been asked to. */
  onExit: (reason: string) => void;
}

/** Starts a whole installation on loopback; when it resolves, everything answers and the connection file is written. */
export async function startLocal(options: LocalOptions, { env, resolveFrom, tell, onExit }: Hooks): Promise<RunningLocal> {
  const ports = readPorts(options, env);
  const claim = claimHome(options.home);
  const home = claim.directory;
  removeConnection(home);
  mkdirSync(join(home, 'keys'), { recursive: true, mode: 0o700 });
  const stops: (() => void | Promise<void>)[] = [() => claim.release()];
  const stop = async () => {
    for (const one of stops.splice(0).reverse()) await one();
  };
  try {
    // Told before anything else is started.
    await choosePort('the gateway', ports.gateway, undefined, 'REENACT_PORT');
    await choosePort('ingest', ports.ingest, undefined, 'REENACT_INGEST_PORT');
    const log = (line: string) => appendFileSync(logFile(home), `${line}\n`);
    const parts = await startParts({ ...options, home }, { log, tell, onExit });
    stops.push(() => parts.stop());
    const installation = openInstallation(home);
    const variables = serviceEnvironment(home, ports, parts, env);
    const fleet = options.separate ? await startApart(variables, resolveFrom, onExit) : await startTogether(variables);
    stops.push(() => fleet.stop());
    const connection: Connection = {
      v: 1,
      pid: process.pid,
      version: VERSION,
      gatewayUrl: fleet.gatewayUrl,
      ingestUrl: fleet.ingestUrl,
      consoleUrl: fleet.gatewayUrl,
      natsUrl: parts.natsUrl,
      ...(await provision(fleet.gatewayUrl, installation)),
      tokens: tokensOf(installation),
    };
    writeConnection(home, connection);
    stops.push(() => removeConnection(home));
    return { connection, described: parts.described, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
