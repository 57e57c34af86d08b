// What the scripts of this folder share: where things are, and how to bring the workspace up to date.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The JavaScript file of an installed command. */
export const bin = (name) => join(root, 'node_modules/.bin', name);

const readJson = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));

/** Ends with a clear message when Node is too old to run what follows. */
export function requireNode() {
  const wanted = readJson('package.json').engines.node.replace(/[^\d.]/g, '');
  const numbers = (version) => version.split('.').map(Number);
  const [have, need] = [numbers(process.versions.node), numbers(wanted)];
  const differing = have.findIndex((part, index) => part !== need[index]);
  if (differing === -1 || have[differing] > need[differing]) return;
  console.error(`Reenact needs Node ${wanted} or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

/** Installs the packages that the lock file names, when some are missing or of another version. */
export function install() {
  if (isInstalled()) return;
  console.log('Installing packages (npm ci) ...');
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const { status } = spawnSync(npm[0], [...npm.slice(1), 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) {
    console.error('The packages could not be installed.');
    process.exit(1);
  }
}

function isInstalled() {
  if (!existsSync(join(root, 'node_modules/.package-lock.json'))) return false;
  const wanted = Object.entries(readJson('package-lock.json').packages);
  const present = readJson('node_modules/.package-lock.json').packages;
  return wanted
    .filter(([path]) => path.startsWith('node_modules/'))
    .every(([path, { version, optional }]) => (path in present ? present[path].version === version : optional === true));
}

/** Builds projects (all of them when none is named) and what they need. Quiet unless it fails; answers whether it succeeded. */
export function build(...projects) {
  const only = projects.length > 0 ? [`--projects=${projects.join(',')}`] : [];
  return runQuietly([bin('nx'), 'run-many', '--target=build', '--output-style=static', ...only]);
}

/** Runs a Node program in the root and shows what it said only when it fails. Answers whether it succeeded. */
export function runQuietly(args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      env: { ...process.env, NX_DAEMON: 'false', NX_NO_CLOUD: 'true', NX_TUI: 'false', FORCE_COLOR: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk));
    child.once('close', (code) => {
      if (code !== 0) process.stdout.write(Buffer.concat(output));
      resolve(code === 0);
    });
  });
}
