// Whether a replay and the lists cost the same whatever lies in the tables; see ../README.md. Prints a table.
import { parseArgs } from 'node:util';
import { closedLoop, times } from '../harness/closed-loop.mjs';
import { circumstances, machine, number, ratio, table } from '../harness/table.mjs';
import { median } from '../harness/statistics.mjs';
import { Ends } from '../replay/ends.mjs';
import { allowExecutes, prepareEvidence } from '../replay/evidence.mjs';
import { ProcessorTime } from '../harness/processor-time.mjs';
import { ended, IN_FLIGHT, withInstallation } from '../replay/measure.mjs';
import { fillHistory } from './fill.mjs';
import { keepToProject, listsOf, measureLists } from './lists.mjs';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    'per-round': { type: 'string', default: '256' },
    finished: { type: 'string', default: '1000' },
    rows: { type: 'string', default: '1000000' },
    calls: { type: 'string', default: '100' },
    profile: { type: 'string' },
  },
});
const [rounds, perRound, finished, rows, calls] = ['rounds', 'per-round', 'finished', 'rows', 'calls'].map((name) =>
  Number(options[name]),
);
const taken = circumstances();
const say = (text) => process.stderr.write(`${text}\n`);

await withInstallation(async (installation, target) => {
  const artifactId = await prepareEvidence(installation, 'dev', target.url);
  await allowExecutes(installation, 'dev', 100);
  await keepToProject(installation, 'approver');
  const ends = await Ends.listen(installation.natsUrl);
  const wish = { artifactId, again: true, mode: 'execute', reason: 'bench' };
  const execute = () => ended({ installation, ends }, wish);
  const measure = async () => {
    const perSecond = [];
    const processorMs = [];
    for (let round = 0; round < rounds; round += 1) {
      const meter = new ProcessorTime(installation.pids);
      const { elapsedMs } = await closedLoop(IN_FLIGHT, times(perRound), execute);
      perSecond.push((perRound * 1000) / elapsedMs);
      processorMs.push(Object.values(meter.used()).reduce((sum, ms) => sum + ms, 0) / perRound);
    }
    return {
      perSecond: median(perSecond),
      processorMs: median(processorMs),
      lists: await measureLists(installation, lists, calls),
    };
  };

  await closedLoop(IN_FLIGHT, times(finished), execute);
  const replayId = await execute();
  const { incidentId } = await installation.as('operator').get(`artifacts/${artifactId}`);
  const lists = listsOf(installation, { artifactId, incidentId });
  say(`${finished} replays have finished`);
  const before = await measure();
  // Told at once: what comes after it takes long, and may fail.
  say(`measured ${JSON.stringify(before)}, now the tables are filled`);
  const real = finished + 1 + rounds * perRound;
  const sizes = await fillHistory(installation.databaseUrl, {
    replayId,
    rows,
    said: (made) => made % 100_000 === 0 && say(`${made} of ${rows}`),
  });
  for (const { name, bytes } of sizes) say(`${name}: ${number(bytes / 2 ** 20)} MiB`);
  // What has to be read once is read before the clock starts, as it was the first time.
  await closedLoop(IN_FLIGHT, times(perRound), execute);
  const after = await measure();
  await ends.close();

  const head = ['', `${number(finished)} finished`, `${number(rows + real)} finished`, 'ratio'];
  const speed = [`execute, ${IN_FLIGHT} in flight (dev)`, before.perSecond, after.perSecond].map((cell) =>
    typeof cell === 'number' ? `${number(cell, 1)}/s` : cell,
  );
  const used = [
    'processor time per execute, all processes',
    `${number(before.processorMs, 1)} ms`,
    `${number(after.processorMs, 1)} ms`,
    ratio(after.processorMs / before.processorMs),
  ];
  const listed = Object.keys(lists).map((name) => [
    `list of replays by ${name}`,
    `${number(before.lists[name], 1)} ms`,
    `${number(after.lists[name], 1)} ms`,
    ratio(after.lists[name] / before.lists[name]),
  ]);
  console.log(`\n${table([head, [...speed, ratio(before.perSecond / after.perSecond)], used, ...listed])}\n`);
  console.log(`Medians of ${rounds} rounds of ${perRound}, and of ${calls} calls of each list. The ratio is that of the cost.`);
  console.log(`${machine(installation.natsVersion)}; ${taken}.`);
}, options);
