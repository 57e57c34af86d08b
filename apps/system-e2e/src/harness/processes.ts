import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface FoundProcess {
  pid: number;
  command: string;
}

/** The processes of this machine whose command line or environment names the directory; on Linux, elsewhere by command line alone. */
export function processesOf(directory: string): FoundProcess[] {
  if (process.platform !== 'linux') {
    const lines = execFileSync('ps', ['-axww', '-o', 'pid=,command='], { encoding: 'utf8' }).split('\n');
    return lines
      .filter((line) => line.includes(directory))
      .map((line) => ({ pid: Number.parseInt(line, 10), command: line.trim().replace(/^\d+ /, '') }));
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((name) => ({ pid: Number(name), command: read(name, 'cmdline'), environment: read(name, 'environ') }))
    .filter(({ command, environment }) => command.includes(directory) || environment.includes(directory))
    .map(({ pid, command }) => ({ pid, command: command.replaceAll('\0', ' ').trim() }));
}

function read(pid: string, file: 'cmdline' | 'environ'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

export interface Watch {
  dismiss(): void;
}

/** Ends the processes of a directory and removes it should this process die without having done so, in whatever way. */
export function watchOver(directory: string): Watch {
  // The directory comes by the pipe, not as an argument: the watch is none of the processes it looks for.
  const script = `read dir; read _
    for p in /proc/[0-9]*; do grep -qsF "$dir" $p/cmdline $p/environ && kill -KILL "\${p#/proc/}"; done
    rm -rf "$dir"`;
  const child = spawn('sh', ['-c', script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin?.write(`${directory}\n`);
  child.unref();
  (child.stdin as unknown as { unref(): void }).unref();
  return { dismiss: () => void child.kill('SIGKILL') };
}
