// Governed executes end to end; see ../README.md. Prints a table.
import { parseArgs } from 'node:util';
import { circumstances, machine, number, processorTable, table } from '../harness/table.mjs';
import { IN_FLIGHT, measureReplays, withInstallation } from './measure.mjs';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    'per-round': { type: 'string', default: '256' },
    only: { type: 'string', default: 'staging,dev' },
    profile: { type: 'string' },
  },
});
const POSTURES = { staging: 'dry run and approval of its own each (staging)', dev: 'neither asked for (dev)' };
const settings = { rounds: Number(options.rounds), perRound: Number(options['per-round']) };
const taken = circumstances();

await withInstallation(async (installation, target) => {
  const rows = [[`execute, ${IN_FLIGHT} in flight`, 'replays/s', 'p50', 'p99']];
  const used = {};
  for (const tier of options.only.split(',')) {
    const { perSecond, p50, p99, processorMs } = await measureReplays(installation, target, { tier, ...settings });
    rows.push([POSTURES[tier], number(perSecond, 1), `${number(p50)} ms`, `${number(p99)} ms`]);
    used[tier] = processorMs;
  }
  console.log(`\n${table(rows)}\n\n${processorTable(used)}\n`);
  console.log(`Medians of ${settings.rounds} rounds of ${settings.perRound}. ${machine(installation.natsVersion)}; ${taken}.`);
}, options);
