/**
 * So many callers, each beginning its next call when the last one ended, until `goesOn` says no more. Answers what each call
 * took and how long all of it took, in milliseconds.
 */
export async function closedLoop(callers, goesOn, call) {
  const latencies = [];
  const begun = performance.now();
  const work = async (caller) => {
    while (goesOn(performance.now() - begun)) {
      const start = performance.now();
      await call(caller);
      latencies.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, caller) => work(caller)));
  return { latencies, elapsedMs: performance.now() - begun };
}

/** Goes on for so long. */
export const forSeconds = (seconds) => (elapsedMs) => elapsedMs < seconds * 1000;

/** Goes on for so many calls. */
export function times(count) {
  let left = count;
  return () => left-- > 0;
}
