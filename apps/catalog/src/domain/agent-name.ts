const MAX_LENGTH = 200;

/** The first of `base`, `base-2`, `base-3`, ... that is not taken. */
export function freeAgentName(base: string, taken: ReadonlySet<string>): string {
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? base : `${base.slice(0, 190)}-${n}`;
    if (!taken.has(name)) return name;
  }
}

/** The name that an agent asks for, or one derived from its host. */
export function agentNameBase(name: string | undefined, labels: Readonly<Record<string, string>>): string {
  return (name ?? (labels.host || labels.hostname || 'agent')).slice(0, MAX_LENGTH);
}
