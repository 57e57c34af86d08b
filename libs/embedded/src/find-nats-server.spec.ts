import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findNatsServer } from './find-nats-server.js';
import { natsConfig } from './nats-config.js';
import type { Installation } from './nats-server-install.js';
import { isAtLeast } from './nats-server-version.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'reenact-find-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function program(place: string, version: string): string {
  const path = join(directory, place, 'nats-server');
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho "nats-server: v${version}"\n`);
  chmodSync(path, 0o755);
  return path;
}

const find = (env: NodeJS.ProcessEnv, installations: Installation[] = []) =>
  findNatsServer({ env: { HOME: directory, PATH: '', ...env }, installations });

const failing: Installation = { name: 'nothing', install: () => Promise.reject(new Error('closed network')) };

describe('find-nats-server', () => {
  it('takes the one that REENACT_NATS_SERVER names before one on the path', async () => {
    const path = program('named', '2.11.0');
    program('bin', '2.12.12');
    const found = await find({ REENACT_NATS_SERVER: path, PATH: join(directory, 'bin') });
    expect(found).toEqual({ path, version: '2.11.0' });
  });

  it('refuses a named one that is too old or does not run', async () => {
    await expect(find({ REENACT_NATS_SERVER: program('named', '2.8.4') })).rejects.toThrow('2.9.10 or newer is needed');
    await expect(find({ REENACT_NATS_SERVER: join(directory, 'absent') })).rejects.toThrow('is not a nats-server that runs');
  });

  it('passes over one on the path that is too old and takes the cached one', async () => {
    program('bin', '2.2.0');
    const cached = program('.cache/reenact', '2.12.12');
    expect(await find({ PATH: join(directory, 'bin') })).toEqual({ path: cached, version: '2.12.12' });
  });

  it('installs into the cache when there is none, trying one way after the other', async () => {
    const source = program('made', '2.12.7');
    const made: Installation = { name: 'a copy', install: () => Promise.resolve(source) };
    const cached = join(directory, 'cache/reenact/nats-server');
    const found = await find({ XDG_CACHE_HOME: join(directory, 'cache'), PATH: process.env.PATH_NONE }, [failing, made]);
    expect(found).toEqual({ path: cached, version: '2.12.7' });
  });

  it('says how to get one when every way fails, and why each failed', async () => {
    const error = await find({}, [failing]).catch((reason: Error) => reason.message);
    expect(error).toContain('REENACT_NATS_SERVER');
    expect(error).toContain('nothing: closed network');
  });
});

describe('nats-config', () => {
  const config = { serverName: 's', port: 1, storeDirectory: '/s', user: 'u', password: 'p', durable: true };

  it('asks for fsync only where the server knows the setting', () => {
    expect(natsConfig({ ...config, version: '2.10.0' })).toContain('sync_interval: always');
    expect(natsConfig({ ...config, version: '2.9.25' })).not.toContain('sync_interval');
    expect(natsConfig({ ...config, version: '2.12.12', durable: false })).not.toContain('sync_interval');
  });

  it('compares versions by number, not by letter', () => {
    expect(isAtLeast('2.10.0', '2.9.10')).toBe(true);
    expect(isAtLeast('2.9.9', '2.9.10')).toBe(false);
    expect(isAtLeast('2.9.10', '2.9.10')).toBe(true);
  });
});
