import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { Child } from './child.js';
import { findNatsServer } from './find-nats-server.js';
import { claimHome } from './home.js';
import { natsConfig } from './nats-config.js';
import { choosePort } from './ports.js';
import { newPassword, readJsonFile, writePrivateFile } from './private-file.js';
import { findProcesses } from './process-table.js';
import { stopProcess, type StopStep } from './stop-process.js';

export interface NatsOptions {
  /** Where state is kept across stops and starts. */
  home: string;
  /** Left out: the one of the last start if it is free, else a free one. */
  port?: number;
  /** Every line of the server's log. */
  log?: (line: string) => void;
  /** Called when the server ends without having been asked to. */
  onExit?: (reason: string) => void;
  /** False gives up durability for speed: for tests only. */
  durable?: boolean;
}

/** A nats-server with JetStream on loopback that belongs to this process. */
export interface RunningNats {
  /** With user and password. */
  url: string;
  port: number;
  pid: number;
  version: string;
  /** Where JetStream keeps its streams; all of it can be rebuilt. */
  storeDirectory: string;
  /** Ends the server; resolves when it is gone. */
  stop(): Promise<void>;
}

interface Settings {
  serverName: string;
  password: string;
  port: number;
}

const USER = 'reenact';
const NATS_STOP: StopStep[] = [
  ['SIGTERM', 15_000],
  ['SIGKILL', 5_000],
];

/**
 * Starts the embedded nats-server of a home. One that a killed run left there is stopped first. Throws a clear error when the
 * home or the port is used by another process, or when there is no nats-server.
 */
export async function startNats(options: NatsOptions): Promise<RunningNats> {
  const claim = claimHome(options.home);
  try {
    const server = await findNatsServer({ log: options.log });
    const directory = join(claim.directory, 'nats');
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const configFile = join(directory, 'nats.conf');
    for (const pid of findProcesses(['-c', configFile])) await stopProcess(pid, NATS_STOP);

    const file = join(directory, 'nats.json');
    const known = readJsonFile<Settings>(file);
    const port = await choosePort('NATS', options.port, known?.port);
    const fresh = { serverName: `reenact-${randomBytes(6).toString('hex')}`, password: newPassword() };
    const settings: Settings = { ...(known ?? fresh), port };
    writePrivateFile(file, JSON.stringify(settings));
    const storeDirectory = join(directory, 'store');
    const { version } = server;
    writePrivateFile(
      configFile,
      natsConfig({ ...settings, version, storeDirectory, user: USER, durable: options.durable !== false }),
    );

    const child = new Child({
      name: 'nats-server',
      command: server.path,
      args: ['-c', configFile],
      cwd: directory,
      log: options.log,
      onExit: options.onExit,
    });
    const stop = async () => {
      await child.stop(NATS_STOP);
      claim.release();
    };
    try {
      await child.ready(() => greets(port, settings.serverName), 30_000);
    } catch (error) {
      await stop();
      throw error;
    }
    const url = `nats://${USER}:${settings.password}@127.0.0.1:${port}`;
    return { url, port, pid: child.pid as number, version, storeDirectory, stop };
  } catch (error) {
    claim.release();
    throw error;
  }
}

/** True when the server on the port introduces itself by our server's name. */
function greets(port: number, serverName: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    socket.setTimeout(1_000, () => socket.destroy());
    socket.once('data', (chunk) => {
      resolve(chunk.toString().includes(`"server_name":"${serverName}"`));
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}
