import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** When the process was born, in a form that only compares; undefined when there is no such process. Tells a process from a later one with its number. */
export function processBirth(pid: number): string | undefined {
  try {
    if (process.platform !== 'linux')
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, startTime] = [fields[0], fields[19]];
    return state === 'Z' || state === 'X' ? undefined : startTime;
  } catch {
    return undefined;
  }
}

/** The processes whose command line holds these arguments one after the other, as `['-D', '/var/lib/x']`. Exact, so that a stranger never matches. */
export function findProcesses(consecutive: string[]): number[] {
  if (process.platform !== 'linux') {
    const lines = execFileSync('ps', ['-axww', '-o', 'pid=,command='], { encoding: 'utf8' }).split('\n');
    const needle = ` ${consecutive.join(' ')} `;
    return lines.filter((line) => `${line} `.includes(needle)).map((line) => Number.parseInt(line, 10));
  }
  const needle = `\0${consecutive.join('\0')}\0`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && commandLine(pid).includes(needle));
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
