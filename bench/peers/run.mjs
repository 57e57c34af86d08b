// The replay bench beside two durable workflow engines; see ../README.md. Installs them here at its first run, and prints a table.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Installation } from '../harness/installation.mjs';
import { noOpTarget } from '../harness/targets.mjs';
import { circumstances, machine, number, table } from '../harness/table.mjs';
import { IN_FLIGHT, measureReplays, withInstallation } from '../replay/measure.mjs';
import { measureDbos, measureRestate } from './measure.mjs';

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, 'per-round': { type: 'string', default: '256' } },
});
const settings = { rounds: Number(options.rounds), perRound: Number(options['per-round']) };
const taken = circumstances();
install();

const rows = [[`four steps, ${IN_FLIGHT} in flight`, 'per second', 'p50', 'p99', 'of ours: per second', 'of ours: p50']];
const peers = await measurePeers();
const { ours, natsVersion } = await withInstallation(async (installation, target) => ({
  ours: await measureReplays(installation, target, { tier: 'staging', ...settings }),
  natsVersion: installation.natsVersion,
}));
for (const [name, figures] of [['Reenact, governed execute in staging', ours], ...peers]) {
  const { perSecond, p50, p99 } = figures;
  const shares = figures === ours ? ['-', '-'] : [(ours.perSecond / perSecond).toFixed(2), (ours.p50 / p50).toFixed(2)];
  rows.push([name, number(perSecond, 1), `${number(p50)} ms`, `${number(p99)} ms`, ...shares]);
}
console.log(`\n${table(rows)}\n`);
console.log(`Medians of ${settings.rounds} rounds of ${settings.perRound}. ${machine(natsVersion)}; ${taken}.`);

/** Over the same PostgreSQL binaries and settings, with no service beside them. */
async function measurePeers() {
  const target = await noOpTarget();
  const parts = await Installation.start([]);
  try {
    return [
      ['DBOS Transact 5.3.0', await measureDbos(parts, target, settings)],
      ['Restate 1.7.12', await measureRestate(parts, target, settings)],
    ];
  } finally {
    await parts.stop();
    await target.stop();
  }
}

/** No install scripts: one of the packages reports home with its own. */
function install() {
  if (existsSync(join(import.meta.dirname, 'node_modules/.package-lock.json'))) return;
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { status } = spawnSync('npm', args, { cwd: import.meta.dirname, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error('npm ci failed in bench/peers');
}
