import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { debianPackage, goInstall, type Installation, installTo, officialRelease } from './nats-server-install.js';
import { isAtLeast, NATS_FLOOR, type NatsServer, probeNatsServer } from './nats-server-version.js';
import { findOnPath } from './program-path.js';

export interface FindOptions {
  env?: NodeJS.ProcessEnv;
  log?: (line: string) => void;
  installations?: Installation[];
}

/**
 * The nats-server to run: `REENACT_NATS_SERVER`, the path, our cache, and if there is none it is installed into the cache from
 * the official release, with Go, or from Debian's package. Throws an error that says how to get one.
 */
export async function findNatsServer(options: FindOptions = {}): Promise<NatsServer> {
  const { env = process.env, log = () => {}, installations = [officialRelease, goInstall, debianPackage] } = options;
  if (env.REENACT_NATS_SERVER) return named(env.REENACT_NATS_SERVER);
  const cached = join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'reenact', 'nats-server');
  for (const path of [findOnPath('nats-server', env.PATH), cached]) {
    const server = path && existsSync(path) ? probeNatsServer(path) : undefined;
    if (server && isAtLeast(server.version, NATS_FLOOR)) return server;
    if (server) log(`${server.path} is version ${server.version}; ${NATS_FLOOR} or newer is needed`);
  }
  const failures: string[] = [];
  for (const installation of installations) {
    log(`getting nats-server: trying ${installation.name}`);
    try {
      await installTo(cached, installation);
      const server = probeNatsServer(cached);
      if (server) return server;
      failures.push(`${installation.name}: what was installed does not run`);
    } catch (error) {
      failures.push(`${installation.name}: ${(error as Error).message}`);
    }
  }
  throw new Error(
    `There is no nats-server ${NATS_FLOOR} or newer. Put one on the path (https://github.com/nats-io/nats-server/releases), name it in ` +
      `REENACT_NATS_SERVER, or set REENACT_NATS_URL to a server that runs.\n  ${failures.join('\n  ')}`,
  );
}

function named(path: string): NatsServer {
  const server = probeNatsServer(path);
  if (!server) throw new Error(`REENACT_NATS_SERVER names ${path}, which is not a nats-server that runs.`);
  if (!isAtLeast(server.version, NATS_FLOOR)) {
    throw new Error(`REENACT_NATS_SERVER names version ${server.version}; ${NATS_FLOOR} or newer is needed.`);
  }
  return server;
}
