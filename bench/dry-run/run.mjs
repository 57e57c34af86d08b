/**
 * A dry run of a long journal against a bare loop: `node bench/dry-run/run.mjs [records]`, after `npx tsc -b libs/pipeline`.
 *
 * The plan is built as the runner builds it: the bundle is read from a file and hashed, read again, its tar unpacked, digests and lines checked, every stage
 * run, every action named, hashed and handed out. The bare loop reads the same journal from a file, cuts it at the line ends, parses
 * each line with `JSON.parse` and evaluates the same compiled expressions one after another; it checks, counts and hashes nothing.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  buildPlan,
  compileExpression,
  compileSpec,
  encodeJournalEntry,
  openBundle,
  parseSpec,
  writeBundle,
} from '@reenact/pipeline';
import { toCel } from '../../libs/pipeline/dist/expression/cel-value.js';

const RECORDS = Number(process.argv[2] ?? 1_000_000);
const ROUNDS = 3;
const ID = '01h455vb4pex5vsknk084sn02q';

/** Five stages; `acts`: one record in how many reaches the action. */
function specOf(acts) {
  return parseSpec({
    apiVersion: 'reenact.dev/v1',
    kind: 'Pipeline',
    name: 'orders',
    model: 'single_ring',
    input: 'in',
    stages: [
      { id: 'known', kind: 'filter', from: ['in'], to: 'known', when: "body.kind == 'order'" },
      {
        id: 'shape',
        kind: 'map',
        from: ['known'],
        to: 'shaped',
        value: { id: 'body.id', sum: 'body.qty * body.price', who: 'body.customer.name' },
      },
      { id: 'large', kind: 'filter', from: ['shaped'], to: 'large', when: `value.sum > 0 && offset % ${acts} == 0` },
      {
        id: 'ticket',
        kind: 'map',
        from: ['large'],
        to: 'tickets',
        value: { title: "'Order ' + value.id", who: 'value.who', sum: 'value.sum' },
      },
      {
        id: 'send',
        kind: 'action',
        from: ['tickets'],
        action: { kind: 'http', target: 'desk', path: "'/tickets'", body: 'value' },
      },
    ],
  });
}

function line(offset) {
  const body = {
    kind: 'order',
    id: `o-${offset}`,
    qty: (offset % 7) + 1,
    price: 1999,
    customer: { name: 'Ada Lovelace', city: 'London' },
  };
  const entry = { offset, at: '2026-11-23T12:00:00.000Z', key: `k-${offset % 64}`, body };
  const missing = 199 - encodeJournalEntry({ ...entry, body: { ...body, pad: '' } }).length;
  return `${encodeJournalEntry({ ...entry, body: { ...body, pad: 'x'.repeat(Math.max(0, missing)) } })}\n`;
}

async function* journal() {
  for (let offset = 0; offset < RECORDS; ) {
    const lines = [];
    for (; lines.length < 1000 && offset < RECORDS; offset += 1) lines.push(line(offset));
    yield Buffer.from(lines.join(''));
  }
}

async function prepare(directory, spec) {
  const { specHash } = compileSpec(spec);
  const head = {
    agentId: `agt_${ID}`,
    environmentId: `env_${ID}`,
    specHash,
    capturedAt: '2026-11-23T12:00:00.000Z',
    journal: { lane: 'in', records: RECORDS },
  };
  const entries = [
    { path: 'spec.json', role: 'spec', content: Buffer.from(JSON.stringify(spec)) },
    { path: 'journal.ndjson', role: 'journal', content: journal },
  ];
  const { stream } = await writeBundle(head, entries, { gzip: false });
  const [bundle, lines] = [join(directory, 'bundle.tar'), join(directory, 'journal.ndjson')];
  await pipeline(stream, createWriteStream(bundle));
  await pipeline(Readable.from(journal()), createWriteStream(lines));
  return { bundle, lines, sha256: `sha256:${await digestOf(bundle)}` };
}

async function digestOf(path) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Keeps the largest resident size that is seen while the work runs; counts seconds of the processor, so that other work on the machine matters little. */
async function watched(work) {
  let peak = process.memoryUsage.rss();
  const look = () => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  const started = process.cpuUsage();
  const result = await work(look);
  look();
  const { user, system } = process.cpuUsage(started);
  return { result, seconds: (user + system) / 1e6, peak };
}

async function plan(spec, { bundle: path, sha256 }, look) {
  const bundle = await openBundle(() => createReadStream(path, { highWaterMark: 256 * 1024 }), sha256);
  let payloads = 0;
  const compiled = compileSpec(spec);
  const { header } = await buildPlan({
    artifactSha256: sha256,
    specHash: compiled.specHash,
    pipeline: compiled,
    projectId: `prj_${ID}`,
    environmentId: `env_${ID}`,
    targets: [{ id: `tgt_${ID}`, name: 'desk', revision: 1 }],
    records: () => bundle.records(),
    outcomes: () => bundle.outcomes(),
    onAction: (_action, payload) => {
      payloads += payload.length;
    },
    onProgress: ({ records }) => {
      if (records % 20_000 === 0) look();
    },
  });
  return { actions: header.actions, payloads };
}

/** The expressions as the spec names them, one after another. */
function bareStages(spec) {
  const [known, shape, large, ticket, send] = spec.stages;
  const template = (value) => Object.entries(value).map(([name, text]) => [name, compileExpression(text)]);
  const stages = {
    known: compileExpression(known.when),
    shape: template(shape.value),
    large: compileExpression(large.when),
    ticket: template(ticket.value),
    path: compileExpression(send.action.path),
  };
  const fill = (parts, variables) => {
    const value = new Map();
    for (const [name, part] of parts) value.set(name, part(variables));
    return value;
  };
  return (record) => {
    const body = toCel(record.body);
    const variables = {
      body,
      value: body,
      headers: new Map(),
      key: record.key ?? null,
      offset: BigInt(record.offset),
      at: record.at,
    };
    if (!stages.known(variables)) return undefined;
    variables.value = fill(stages.shape, variables);
    if (!stages.large(variables)) return undefined;
    variables.value = fill(stages.ticket, variables);
    return stages.path(variables);
  };
}

async function bare(spec, path, look) {
  const run = bareStages(spec);
  let actions = 0;
  let records = 0;
  let rest = '';
  for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 256 * 1024 })) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const text of lines) {
      if (run(JSON.parse(text)) !== undefined) actions += 1;
      records += 1;
    }
    if (records % 20 === 0) look();
  }
  return { actions };
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const rate = (seconds) => Math.round(RECORDS / seconds).toLocaleString('en-US');

async function main() {
  const rows = [];
  for (const acts of process.argv[3] ? [Number(process.argv[3])] : [100, 1]) {
    const spec = specOf(acts);
    const directory = await mkdtemp(join(tmpdir(), 'reenact-bench-'));
    try {
      const files = await prepare(directory, spec);
      const [plans, loops] = [[], []];
      for (let round = 0; round < ROUNDS; round += 1) {
        loops.push(await watched((look) => bare(spec, files.lines, look)));
        plans.push(await watched((look) => plan(spec, files, look)));
      }
      if (loops[0].result.actions !== plans[0].result.actions) throw new Error('the two did not do the same');
      const [loop, built] = [median(loops.map((each) => each.seconds)), median(plans.map((each) => each.seconds))];
      const peak = Math.max(...plans.map((each) => each.peak)) / 1024 / 1024;
      rows.push([`1 in ${acts}`, rate(loop), rate(built), (loop / built).toFixed(2), `${Math.round(peak)} MB`]);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }
  console.log(
    `${RECORDS.toLocaleString('en-US')} records of 200 B, five stages; median of ${ROUNDS} rounds; ${cpus()[0].model}, Node ${process.version}\n`,
  );
  const head = ['records that act', 'bare loop, records/s', 'plan, records/s', 'ratio', 'peak RSS'];
  for (const cells of [head, head.map(() => '---'), ...rows]) console.log(`| ${cells.join(' | ')} |`);
}

await main();
