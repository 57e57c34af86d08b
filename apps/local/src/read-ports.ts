import { EnvReader, readServiceConfig } from '@reenact/service-kit';
import type { LocalOptions } from './options.js';
import { SERVICES } from './services.js';

/** The ports that people and agents connect to; 0 picks a free one. */
export interface Ports {
  gateway: number;
  ingest: number;
}

/** Throws a ConfigError for all that is wrong with what every service reads. */
export function readPorts({ natsUrl, databaseUrl }: LocalOptions, env: NodeJS.ProcessEnv): Ports {
  const reader = new EnvReader(env);
  // The embedded parts are started later, when nothing is left to be said.
  const known = {
    ...env,
    REENACT_NATS_URL: natsUrl ?? 'nats://127.0.0.1',
    REENACT_DATABASE_URL: databaseUrl ?? 'postgres://127.0.0.1',
  };
  const ports = new Map(
    SERVICES.map(({ service }) => [service, reader.group(() => readServiceConfig(known, service)).port] as const),
  );
  reader.done();
  return { gateway: ports.get('gateway') as number, ingest: ports.get('ingest') as number };
}
