import { readFileSync, writeFileSync } from 'node:fs';

const MIB = 1024 * 1024;
const QUIET_MS = 2_000;

/** The resident memory of a process at rest, in MiB. Linux only. */
export async function idleMiB(pid) {
  await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  return field(pid, 'VmRSS');
}

/** Forgets the peak so far; the kernel keeps the next one exactly, so that no sample can miss it. */
export function forgetPeak(pid) {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** The highest resident memory since `forgetPeak`, in MiB. */
export const peakMiB = (pid) => field(pid, 'VmHWM');

function field(pid, name) {
  const match = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return (Number(match[1]) * 1024) / MIB;
}
