import { execFileSync } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';

/** A GitHub table; the first row is its head. */
export function table([head, ...rows]) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** What each process of an installation used of a processor for one execute, a column for each kind of execute. */
export function processorTable(byKind) {
  const kinds = Object.keys(byKind);
  const names = Object.keys(byKind[kinds[0]]);
  if (names.length === 0) return '';
  const rows = names.map((name) => [name, ...kinds.map((kind) => number(byKind[kind][name], 1))]);
  const sums = kinds.map((kind) =>
    number(
      names.reduce((sum, name) => sum + byKind[kind][name], 0),
      1,
    ),
  );
  return table([['processor time per execute, ms', ...kinds], ...rows, ['all', ...sums]]);
}

/** What a figure was taken on. */
export function machine(natsVersion) {
  const { model } = cpus()[0];
  const memory = `${(totalmem() / 2 ** 30).toFixed(1)} GiB`;
  const nats = natsVersion === undefined ? '' : `, nats-server ${natsVersion}`;
  return `${cpus().length} cores (${model}), ${memory} of memory, Node ${process.version}${nats}, ${process.platform}`;
}

/** The state of the sources, and how busy the machine was before the bench began. */
export function circumstances() {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8', cwd: import.meta.dirname }).trim();
  return `commit ${commit}, ${new Date().toISOString().slice(0, 16)}Z, load before the run ${loadavg()[0].toFixed(2)}`;
}

export const number = (value, digits = 0) =>
  value.toLocaleString('en-US', { maximumFractionDigits: digits, minimumFractionDigits: digits });
export const ratio = (value) => value.toFixed(2);
