import { dirname, join, resolve } from 'node:path';
import pg from 'pg';
import { Child } from './child.js';
import { claimHome } from './home.js';
import { choosePort } from './ports.js';
import { postgresBinaries } from './postgres-binaries.js';
import { initialise } from './postgres-cluster.js';
import { isUsable, makeDataDirectory, POSTGRES_STOP, stopLeftovers } from './postgres-directory.js';
import { newPassword, readJsonFile, writePrivateFile } from './private-file.js';
import { postgresUser, type SystemUser } from './system-user.js';

export interface PostgresOptions {
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

/** A PostgreSQL server on loopback that belongs to this process. */
export interface RunningPostgres {
  /** With user and password; the database is `reenact`, the user its superuser. */
  url: string;
  port: number;
  pid: number;
  dataDirectory: string;
  /** Ends the server; resolves when it is gone. */
  stop(): Promise<void>;
}

interface Settings {
  password: string;
  port: number;
  dataDirectory: string;
}

const NAME = 'reenact';

/**
 * Starts the embedded PostgreSQL of a home, making its database at the first start. A server that a killed run left there is
 * stopped first. Throws a clear error when the home or the port is used by another process.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const claim = claimHome(options.home);
  try {
    const user = postgresUser();
    const binaries = postgresBinaries(user);
    const settings = await prepare(options, claim.directory, binaries, user);
    const { port } = settings;
    const child = new Child({
      name: 'PostgreSQL',
      command: join(binaries, 'bin/postgres'),
      args: ['-D', settings.dataDirectory, '-p', String(port), ...flags(options.durable !== false)],
      cwd: dirname(settings.dataDirectory),
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
      user,
      log: options.log,
      onExit: options.onExit,
    });
    const url = (database: string) => `postgres://${NAME}:${settings.password}@127.0.0.1:${port}/${database}`;
    const stop = async () => {
      await child.stop(POSTGRES_STOP);
      claim.release();
    };
    try {
      await child.ready(() => answers(url('postgres')), 60_000);
      await ensureDatabase(url('postgres'));
    } catch (error) {
      await stop();
      throw error;
    }
    return { url: url(NAME), port, pid: child.pid as number, dataDirectory: settings.dataDirectory, stop };
  } catch (error) {
    claim.release();
    throw error;
  }
}

async function prepare(options: PostgresOptions, home: string, binaries: string, user?: SystemUser): Promise<Settings> {
  const file = join(home, 'postgres.json');
  const kept = readJsonFile<Settings>(file);
  // Kept relative to the home where possible, so that a home may be moved.
  const known = kept && { ...kept, dataDirectory: resolve(home, kept.dataDirectory) };
  if (known) await stopLeftovers(known.dataDirectory);
  const port = await choosePort('PostgreSQL', options.port, known?.port);
  if (known && !isUsable(known.dataDirectory, user)) {
    throw new Error(`${known.dataDirectory} is missing or cannot be entered. To begin with an empty database, delete ${file}.`);
  }
  const settings = known ? { ...known, port } : await create(options, port, home, binaries, user);
  const relative = settings.dataDirectory.startsWith(join(home, '/'))
    ? settings.dataDirectory.slice(home.length + 1)
    : settings.dataDirectory;
  writePrivateFile(file, JSON.stringify({ ...settings, dataDirectory: relative }));
  return settings;
}

async function create(
  options: PostgresOptions,
  port: number,
  home: string,
  binaries: string,
  user?: SystemUser,
): Promise<Settings> {
  const password = newPassword();
  const dataDirectory = join(await makeDataDirectory(home, user), 'data');
  await initialise({ binaries, dataDirectory, user, name: NAME, password, durable: options.durable !== false, log: options.log });
  return { password, port, dataDirectory };
}

function flags(durable: boolean): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    log_min_messages: 'warning',
    ...(!durable && { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_wal_size: '2GB' }),
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === '28P01')
      throw new Error('The password kept in the home is not that of the database there.', { cause: error });
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

async function ensureDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [NAME]);
    if (rowCount === 0) await client.query(`create database ${NAME}`);
  } finally {
    await client.end();
  }
}
