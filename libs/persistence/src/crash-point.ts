const hits = new Map<string, number>();

/**
 * A named place where a test may kill the process: `REENACT_CRASH_AT=<name>` dies by SIGKILL on the first hit,
 * `<name>:<n>` on the n-th. Does nothing otherwise.
 */
export function crashPoint(name: string): void {
  const wanted = process.env.REENACT_CRASH_AT;
  if (wanted === undefined) return;
  const [at, nth = '1'] = wanted.split(':');
  if (at !== name) return;
  const hit = (hits.get(name) ?? 0) + 1;
  hits.set(name, hit);
  if (hit === Number(nth)) process.kill(process.pid, 'SIGKILL');
}
