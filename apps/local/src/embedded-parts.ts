import { findNatsServer, startNats, startPostgres } from '@reenact/embedded';
import type { LocalOptions } from './options.js';
import type { Parts } from './service-environment.js';

export interface RunningParts extends Parts {
  /** What is embedded and what was given, for people to read. */
  described: string[];
  stop(): Promise<void>;
}

interface Watch {
  log: (line: string) => void;
  /** What takes long, for people to read. */
  tell: (line: string) => void;
  /** A part ended without having been asked to. */
  onExit: (reason: string) => void;
}

/** Starts the parts that the environment does not give. */
export async function startParts(options: LocalOptions, { tell, ...watch }: Watch): Promise<RunningParts> {
  const { home, natsUrl, databaseUrl } = options;
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const one of stops.splice(0).reverse()) await one();
  };
  const described: string[] = [];
  try {
    const postgres = databaseUrl === undefined ? await startPostgres({ home, ...watch }) : undefined;
    if (postgres) stops.push(() => postgres.stop());
    described.push(postgres ? `PostgreSQL (embedded, port ${postgres.port})` : 'PostgreSQL (REENACT_DATABASE_URL)');
    if (natsUrl === undefined) await findNatsServer({ log: tell });
    const nats = natsUrl === undefined ? await startNats({ home, ...watch }) : undefined;
    if (nats) stops.push(() => nats.stop());
    described.push(nats ? `nats-server ${nats.version} (embedded, port ${nats.port})` : 'NATS (REENACT_NATS_URL)');
    return { databaseUrl: postgres?.url ?? (databaseUrl as string), natsUrl: nats?.url ?? (natsUrl as string), described, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
