import type { ServiceName } from '@reenact/contracts';
import { EnvReader } from './env-reader.js';
import { DEFAULT_HTTP_PATIENCE, type HttpPatience } from './http-adapter.js';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What every service must know to start. */
export interface ServiceConfig {
  /** Address to listen on. */
  host: string;
  /** 0 picks a free one. */
  port: number;
  /** Left out: `DEFAULT_HTTP_PATIENCE`. */
  http?: HttpPatience;
  nats: { url: string };
  database: { url: string; poolSize?: number };
  logLevel: LogLevel;
  /** Left out: standard output. */
  logFile?: string;
}

const PORTS: Partial<Record<ServiceName, number>> = { gateway: 7400, ingest: 7401 };

const PATIENCE = { min: 1, max: 2 ** 31 - 1 };

/** The variable that sets the port of a service: `REENACT_PORT` of the gateway, `REENACT_INGEST_PORT` and the like of the others. */
export function portVariable(service: ServiceName): string {
  return service === 'gateway' ? 'REENACT_PORT' : `REENACT_${service.toUpperCase().replaceAll('-', '_')}_PORT`;
}

/** Reads a service's settings. Throws a `ConfigError` that names every variable that is missing or wrong. */
export function readServiceConfig(env: Record<string, string | undefined>, service: ServiceName): ServiceConfig {
  const reader = new EnvReader(env);
  const config: ServiceConfig = {
    host: reader.text('REENACT_HOST', '127.0.0.1'),
    port: reader.integer(portVariable(service), { min: 0, max: 65_535, fallback: PORTS[service] ?? 0 }),
    http: {
      headersMs: reader.integer('REENACT_HTTP_HEADERS_MS', { ...PATIENCE, fallback: DEFAULT_HTTP_PATIENCE.headersMs }),
      bodyMs: reader.integer('REENACT_HTTP_BODY_MS', { ...PATIENCE, fallback: DEFAULT_HTTP_PATIENCE.bodyMs }),
    },
    nats: { url: reader.url('REENACT_NATS_URL', ['nats://', 'tls://']) },
    database: {
      url: reader.url('REENACT_DATABASE_URL', ['postgres://', 'postgresql://']),
      poolSize: reader.integer('REENACT_DATABASE_POOL_SIZE', { min: 1, max: 1000, fallback: 10 }),
    },
    logLevel: reader.oneOf('REENACT_LOG_LEVEL', LOG_LEVELS, 'info'),
    logFile: reader.optional('REENACT_LOG_FILE'),
  };
  reader.done();
  return config;
}
