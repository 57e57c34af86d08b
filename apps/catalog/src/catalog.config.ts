import { EnvReader, readServiceConfig, type ServiceConfig } from '@reenact/service-kit';

/** Nest token of `CatalogConfig`. */
export const CATALOG_CONFIG = Symbol('catalog:config');

export interface CatalogConfig extends ServiceConfig {
  /** How long an agent may say nothing before it is called silent. */
  agentSilentAfterMs: number;
}

/** Six heartbeats of the SDK's interval. Where agents send fewer, it must be longer. */
export const DEFAULT_AGENT_SILENT_AFTER_MS = 60_000;

/** Throws a ConfigError that names every variable that is wrong. */
export function readCatalogConfig(env: NodeJS.ProcessEnv): CatalogConfig {
  const reader = new EnvReader(env);
  const agentSilentAfterMs = reader.integer('REENACT_AGENT_SILENT_AFTER_MS', {
    min: 1_000,
    max: 2 ** 31 - 1,
    fallback: DEFAULT_AGENT_SILENT_AFTER_MS,
  });
  const config = { ...reader.group(() => readServiceConfig(env, 'catalog')), agentSilentAfterMs };
  reader.done();
  return config;
}
