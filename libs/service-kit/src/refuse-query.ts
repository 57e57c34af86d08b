import { Problem } from '@reenact/contracts';

/** Throws `unknown_query_parameter` where a call that has no parameters is given one. */
export function refuseQuery(query: unknown): void {
  const [name] = Object.keys((query ?? {}) as object);
  if (name === undefined) return;
  throw new Problem('unknown_query_parameter', {
    detail: `There is no parameter ${JSON.stringify(name)} here`,
    members: { parameter: name },
  });
}
