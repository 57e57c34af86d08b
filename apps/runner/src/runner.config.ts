import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { publicKeyOf } from '@reenact/credentials';
import { type ObjectStoreConfig, readObjectStoreConfig } from '@reenact/object-store';
import { EnvReader, readServiceConfig, type ServiceConfig } from '@reenact/service-kit';

export type RunnerPool = 'dry-run' | 'execute';

/** What both pools need to know. */
export interface RunnerPoolConfig extends ServiceConfig {
  objects: ObjectStoreConfig;
  /** How long a run is held without being renewed; default 15 s. */
  leaseMs?: number;
  /** Runs at once in this process; default 4. */
  concurrency?: number;
  /** Where plans are computed; default the system's temporary directory. */
  scratchDirectory?: string;
}

/** What only those who reach targets need to know. */
export interface ExecutePoolConfig extends RunnerPoolConfig {
  /** The root key that signs key sets: 32 raw bytes in base64, or PEM. */
  rootPublicKey: string;
  /** Ranges that targets may reach beyond public ones, as `REENACT_EGRESS_ALLOW` writes them. */
  egressAllow?: string;
  /** Ranges of the installation itself beside the addresses of the machine, in the same form; closed unless `egressAllow` opens them. */
  egressDeny?: string;
  targetSecretsDirectory?: string;
  /** How long a target may take to answer; default 10 s. */
  answerTimeoutMs?: number;
}

export type RunnerConfig = ({ pool: 'dry-run' } & RunnerPoolConfig) | ({ pool: 'execute' } & ExecutePoolConfig);

export const LEASE_MS = 15_000;
export const CONCURRENCY = 4;
export const ANSWER_TIMEOUT_MS = 10_000;

/** Reads the settings of a pool from the environment. Throws a ConfigError that names what is missing or wrong. */
export function readRunnerConfig(env: Record<string, string | undefined>): RunnerConfig {
  const reader = new EnvReader(env);
  const service = reader.group(() => readServiceConfig(env, 'runner'));
  const pool = reader.oneOf('REENACT_RUNNER_POOL', ['dry-run', 'execute'], 'dry-run');
  const common: RunnerPoolConfig = {
    ...service,
    objects: reader.group(() => readObjectStoreConfig(env, '.reenact/objects')),
    leaseMs: reader.integer('REENACT_RUNNER_LEASE_MS', { min: 500, max: 600_000, fallback: LEASE_MS }),
    concurrency: reader.integer('REENACT_RUNNER_CONCURRENCY', { min: 1, max: 256, fallback: CONCURRENCY }),
    scratchDirectory: reader.optional('REENACT_RUNNER_SCRATCH_DIR'),
  };
  if (pool === 'dry-run') {
    reader.done();
    return { pool, ...common };
  }
  const keyFile = reader.text('REENACT_ROOT_PUBLIC_KEY_FILE');
  const answerTimeoutMs = reader.integer('REENACT_TARGET_TIMEOUT_MS', { min: 100, max: 120_000, fallback: ANSWER_TIMEOUT_MS });
  reader.done();
  return {
    pool,
    ...common,
    rootPublicKey: readFileSync(keyFile, 'utf8'),
    egressAllow: reader.optional('REENACT_EGRESS_ALLOW'),
    egressDeny: reader.optional('REENACT_EGRESS_DENY'),
    targetSecretsDirectory: reader.optional('REENACT_TARGET_SECRETS_DIR'),
    answerTimeoutMs,
  };
}

/** The key of a configuration, PEM or raw. */
export function rootKeyOf(text: string): KeyObject {
  return text.includes('-----BEGIN') ? createPublicKey(text) : publicKeyOf(text.trim());
}

/** Nest token of a pool's configuration. */
export const RUNNER_CONFIG = Symbol('runner:config');
/** Nest token of the object store. */
export const OBJECTS = Symbol('runner:objects');
