import { readdirSync, readFileSync } from 'node:fs';

/** The kernel counts in hundredths of a second. */
const TICK_MS = 10;

/** What named processes, each with its children, have used of a processor since the meter was made; nothing is known but on Linux. */
export class ProcessorTime {
  #processes;
  #begin;

  /** `processes`: name to process id. */
  constructor(processes) {
    this.#processes = processes;
    this.#begin = this.#read();
  }

  /** Milliseconds by name. */
  used() {
    const now = this.#read();
    return Object.fromEntries(Object.keys(now).map((name) => [name, now[name] - this.#begin[name]]));
  }

  #read() {
    if (process.platform !== 'linux') return {};
    const table = readTable();
    return Object.fromEntries(Object.entries(this.#processes).map(([name, pid]) => [name, TICK_MS * ticksOf(table, pid)]));
  }
}

/** With those of children that have ended and were waited for. */
function ticksOf(table, pid) {
  const children = [...table].filter(([, { parent }]) => parent === pid);
  return (table.get(pid)?.ticks ?? 0) + children.reduce((sum, [child]) => sum + ticksOf(table, child), 0);
}

function readTable() {
  const table = new Map();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const [parent, ...times] = [1, 11, 12, 13, 14].map((field) => Number(fields[field]));
      table.set(Number(name), { parent, ticks: times.reduce((sum, one) => sum + one, 0) });
    } catch {
      // It ended meanwhile.
    }
  }
  return table;
}
