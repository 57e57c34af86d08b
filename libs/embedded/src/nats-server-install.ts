import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { findOnPath } from './program-path.js';

/** One way to get a nats-server: leaves the program in `directory` and answers its path, or throws saying why it could not. */
export interface Installation {
  name: string;
  install(directory: string): Promise<string>;
}

const RELEASE = '2.12.7';
/** SHA-256 of the release's archives, as the maintainers' own container images pin them. */
const RELEASE_SHA256: Record<string, string> = {
  'linux-amd64': '570d2d627db111e679cc1e6bc57ba78f373ed1769acd8dc9c21c8f62d15b3c52',
  'linux-arm64': '3b9a79986778285c0e5acaba0b1218b72f6159db68fe5b8916a7d846240f9f22',
};
const GO_VERSION = 'v2.12.12';
const CONNECT_TIMEOUT_MS = 8_000;

/** The official release, pinned and checked. */
export const officialRelease: Installation = {
  name: `the official release ${RELEASE}`,
  async install(directory) {
    const platform = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
    const expected = RELEASE_SHA256[platform];
    if (!expected) throw new Error(`no digest is pinned for ${platform}`);
    const stem = `nats-server-v${RELEASE}-${platform}`;
    const bytes = await download(`https://github.com/nats-io/nats-server/releases/download/v${RELEASE}/${stem}.tar.gz`);
    const actual = createHash('sha256').update(bytes).digest('hex');
    if (actual !== expected) throw new Error(`the archive has the digest ${actual}, not ${expected}`);
    writeFileSync(join(directory, 'release.tar.gz'), bytes);
    await run('tar', ['-xzf', 'release.tar.gz', '--strip-components=1', `${stem}/nats-server`], directory);
    return join(directory, 'nats-server');
  },
};

/** Built from source by the Go tool, which checks the pinned version against the public checksum database. */
export const goInstall: Installation = {
  name: `go install of ${GO_VERSION}`,
  async install(directory) {
    if (!findOnPath('go')) throw new Error('there is no go on the path');
    await run('go', ['install', `github.com/nats-io/nats-server/v2@${GO_VERSION}`], directory, {
      GOBIN: directory,
      GOFLAGS: '-trimpath',
    });
    return join(directory, 'nats-server');
  },
};

/** The distribution's package, unpacked here and not installed: nothing starts by itself and the system stays as it is. */
export const debianPackage: Installation = {
  name: "Debian's package",
  async install(directory) {
    if (!findOnPath('apt-get') || !findOnPath('dpkg-deb')) throw new Error('there is no apt-get here');
    const fetch = () => run('apt-get', ['download', '-q', 'nats-server'], directory);
    await fetch().catch(async (error) => {
      if (process.getuid?.() !== 0) throw error;
      await run('apt-get', ['update', '-q'], directory);
      await fetch();
    });
    const archive = readdirSync(directory).find((name) => name.endsWith('.deb'));
    if (!archive) throw new Error('apt-get downloaded nothing');
    await run('dpkg-deb', ['-x', archive, 'unpacked'], directory);
    const program = ['usr/sbin', 'usr/bin'].map((place) => join(directory, 'unpacked', place, 'nats-server')).find(existsSync);
    if (!program) throw new Error('the package holds no nats-server');
    return program;
  },
};

/** Runs an installation in a scratch directory and moves the program to `target`, which appears whole or not at all. */
export async function installTo(target: string, installation: Installation): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'reenact-nats-'));
  try {
    const program = await installation.install(scratch);
    mkdirSync(join(target, '..'), { recursive: true });
    const draft = `${target}.${process.pid}`;
    await run('cp', [program, draft], scratch);
    renameSync(draft, target);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function download(url: string): Promise<Buffer> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error(`no answer within ${CONNECT_TIMEOUT_MS} ms`)), CONNECT_TIMEOUT_MS);
  const response = await fetch(url, { signal: controller.signal }).catch((error: Error) => {
    throw new Error(`${error.message}${error.cause instanceof Error ? ` (${error.cause.message})` : ''}`);
  });
  clearTimeout(timer);
  if (!response.ok) throw new Error(`the download answered ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

function run(command: string, args: string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${command} ended with code ${code}: ${output.trim().split('\n').slice(-3).join(' ')}`));
    });
  });
}
