// Ingest against its bare floor; see ../README.md. Prints a table.
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { choosePort } from '@reenact/embedded';
import { Child } from '../harness/child.mjs';
import { closedLoop, forSeconds, times } from '../harness/closed-loop.mjs';
import { Installation } from '../harness/installation.mjs';
import { median, quantile } from '../harness/statistics.mjs';
import { circumstances, machine, number, ratio, table } from '../harness/table.mjs';
import { requestHead, Wire } from '../harness/wire.mjs';
import { Uploads } from './bundle.mjs';
import { forgetPeak, idleMiB, peakMiB } from './memory.mjs';

const MIB = 1024 * 1024;
const HUGE = '1000000000000';
const RATES = {
  REENACT_HEARTBEATS_PER_MINUTE: HUGE,
  REENACT_UPLOADS_PER_MINUTE: HUGE,
  REENACT_UPLOAD_BYTES_PER_MINUTE: HUGE,
  REENACT_CONCURRENT_UPLOADS: '1000',
  REENACT_ENROLMENTS_PER_MINUTE: '1000',
};
const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    large: { type: 'string', default: '10' },
    'at-once': { type: 'string', default: '50' },
    only: { type: 'string', default: 'memory,large,small,heartbeats' },
    profile: { type: 'string' },
  },
});
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);
const wanted = new Set(options.only.split(','));
const taken = circumstances();

const flags = options.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.profile}`];
const installation = await Installation.start(['catalog', 'ingest', 'gateway'], { env: RATES, nodeFlags: { ingest: flags } });
let floor;
try {
  const context = await prepare();
  const rows = [['measured', 'ingest', 'floor', 'ratio', 'goal']];
  if (wanted.has('memory')) rows.push(await memory(context));
  if (wanted.has('large')) rows.push(await largeUploads(context));
  if (wanted.has('small')) rows.push(await smallUploads(context));
  if (wanted.has('heartbeats')) rows.push(await heartbeats(context));
  console.log(`\n${table(rows)}\n`);
  console.log(`Medians of ${rounds} rounds, floor and ingest in turn. ${machine(installation.natsVersion)}; ${taken}.`);
} finally {
  await floor?.stop();
  await installation.stop();
}

async function prepare() {
  const directory = join(installation.directory, 'floor');
  mkdirSync(directory);
  const port = await choosePort('the floor', undefined, undefined);
  const floorUrl = `http://127.0.0.1:${port}`;
  const main = join(import.meta.dirname, 'floor.mjs');
  floor = await Child.start([main, String(port), directory, installation.natsUrl], { readyUrl: `${floorUrl}/readyz` });
  const agents = await Promise.all(Array.from({ length: 50 }, () => installation.enrol('dev')));
  return { floorUrl, agents, ingestUrl: installation.urls.ingest };
}

/** Runs each side once unmeasured, then in turn; answers the median of what `once` says of each. */
async function sides(name, once) {
  const figures = { floor: [], ingest: [] };
  for (let round = 0; round <= rounds; round += 1) {
    for (const side of round % 2 === 0 ? ['floor', 'ingest'] : ['ingest', 'floor']) {
      const figure = await once(side, round === 0);
      if (round > 0) figures[side].push(figure);
    }
    process.stderr.write(`${name}: ${round === 0 ? 'warm' : `round ${round} of ${rounds}`}\n`);
    emptyDirectories();
  }
  return { floor: median(figures.floor), ingest: median(figures.ingest) };
}

/** What was stored is not needed again: disks are small. */
function emptyDirectories() {
  for (const directory of [join(installation.directory, 'floor'), join(installation.directory, 'objects/blobs')]) {
    if (!existsSync(directory)) continue;
    for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true })) {
      if (entry.isFile()) rmSync(join(entry.parentPath, entry.name), { force: true });
    }
  }
}

/** Opens so many connections for as long as the work takes. */
async function withWires(url, count, work) {
  const wires = await Promise.all(Array.from({ length: count }, () => Wire.open(url)));
  try {
    return await work(wires);
  } finally {
    for (const wire of wires) wire.close();
  }
}

/** Closed loop of uploads against a side. */
function upload({ floorUrl, ingestUrl, agents }, side, { uploads, callers, goesOn }) {
  return withWires(side === 'floor' ? floorUrl : ingestUrl, callers, (wires) =>
    closedLoop(callers, goesOn, (caller) => {
      const agent = agents[caller % agents.length];
      const path = side === 'floor' ? '/artifacts' : `/api/v1/agents/${agent.agentId}/artifacts`;
      return wires[caller].send(uploads.next(path, agent), 201);
    }),
  );
}

async function memory(context) {
  const small = await Uploads.of(64 * 1024, installation.place.environments.dev);
  const uploads = await Uploads.of(64 * MIB, installation.place.environments.dev);
  const atOnce = Number(options['at-once']);
  const pids = { floor: floor.pid, ingest: installation.pid('ingest') };
  const above = {};
  for (const side of ['ingest', 'floor']) {
    await upload(context, side, { uploads: small, callers: 4, goesOn: times(40) });
    const idle = await idleMiB(pids[side]);
    forgetPeak(pids[side]);
    await upload(context, side, { uploads, callers: atOnce, goesOn: times(atOnce) });
    above[side] = { idle, peak: peakMiB(pids[side]) };
    process.stderr.write(`memory: ${side} done\n`);
    emptyDirectories();
  }
  const say = ({ idle, peak }) => `+${number(peak - idle)} MiB (${number(idle)} → ${number(peak)})`;
  return [`peak RSS above idle, ${atOnce} uploads of 64 MiB at once`, say(above.ingest), say(above.floor), '-', '≤ +150 MB'];
}

async function largeUploads(context) {
  const uploads = await Uploads.of(64 * MIB, installation.place.environments.dev);
  const perRound = Number(options.large);
  const medians = await sides('64 MiB uploads', async (side, warm) => {
    const goesOn = times(warm ? 2 : perRound);
    const { latencies, elapsedMs } = await upload(context, side, { uploads, callers: 2, goesOn });
    return (latencies.length * uploads.size) / 1e3 / elapsedMs;
  });
  const say = (value) => `${number(value)} MB/s`;
  return [
    'uploads of 64 MiB, uncompressed tar, 2 in flight',
    say(medians.ingest),
    say(medians.floor),
    ratio(medians.ingest / medians.floor),
    '≥ 0.8',
  ];
}

async function smallUploads(context) {
  const uploads = await Uploads.of(64 * 1024, installation.place.environments.dev);
  const medians = await sides('64 KiB uploads', async (side) => {
    const { latencies, elapsedMs } = await upload(context, side, { uploads, callers: 16, goesOn: forSeconds(seconds) });
    return (latencies.length * 1000) / elapsedMs;
  });
  const say = (value) => `${number(value)} /s`;
  return [
    'uploads of 64 KiB, uncompressed tar, 16 in flight',
    say(medians.ingest),
    say(medians.floor),
    ratio(medians.ingest / medians.floor),
    '≥ 0.5',
  ];
}

async function heartbeats({ floorUrl, ingestUrl, agents }) {
  const callers = 32;
  let sequence = 0;
  const p99 = { floor: [], ingest: [] };
  const medians = await sides('heartbeats', async (side, warm) => {
    const { latencies, elapsedMs } = await withWires(side === 'floor' ? floorUrl : ingestUrl, callers, (wires) =>
      closedLoop(callers, forSeconds(seconds), (caller) => {
        const { agentId, apiKey } = agents[caller];
        const path =
          side === 'floor' ? `/heartbeats/${installation.place.orgId}/${agentId}` : `/api/v1/agents/${agentId}/heartbeats`;
        sequence += 1;
        const body = Buffer.from(
          JSON.stringify({
            at: new Date().toISOString(),
            bootId: 'bench',
            sequence,
            status: 'ok',
            counters: { taken: sequence, lost: 0 },
          }),
        );
        const head = requestHead('POST', path, {
          authorization: `Bearer ${apiKey}`,
          'content-type': 'application/json',
          'content-length': body.length,
        });
        return wires[caller].send([Buffer.concat([head, body])], 202);
      }),
    );
    if (!warm) p99[side].push(quantile(latencies, 0.99));
    return (latencies.length * 1000) / elapsedMs;
  });
  const say = (value, side) => `${number(value)} /s (p99 ${number(median(p99[side]), 1)} ms)`;
  return [
    'heartbeats, 32 in flight',
    say(medians.ingest, 'ingest'),
    say(medians.floor, 'floor'),
    ratio(medians.ingest / medians.floor),
    '≥ 0.6',
  ];
}
