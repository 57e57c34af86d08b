import { readFileSync } from 'node:fs';
import { EnvReader, readServiceConfig, type ServiceConfig } from '@reenact/service-kit';

export interface AuditConfig extends ServiceConfig {
  /** Host part of every log's origin; part of what is signed, so it stays for ever. */
  logOrigin: string;
  /** Seed of the Ed25519 key that signs checkpoints: 32 bytes, base64. */
  logKey: string;
}

export const AUDIT_CONFIG = Symbol('audit:config');

const DEFAULT_ORIGIN = 'reenact.local';

/** `REENACT_AUDIT_ORIGIN`, and `REENACT_AUDIT_KEY` or a file named by `REENACT_AUDIT_KEY_FILE`. Throws a `ConfigError`. */
export function readAuditConfig(env: Record<string, string | undefined>): AuditConfig {
  const reader = new EnvReader(env);
  const service = reader.group(() => readServiceConfig(env, 'audit'));
  const logOrigin = reader.text('REENACT_AUDIT_ORIGIN', DEFAULT_ORIGIN);
  const file = reader.optional('REENACT_AUDIT_KEY_FILE');
  const logKey = reader.optional('REENACT_AUDIT_KEY') ?? (file === undefined ? undefined : readKey(file));
  if (!isSeed(logKey)) reader.fault('REENACT_AUDIT_KEY or the file REENACT_AUDIT_KEY_FILE must give 32 bytes of base64');
  // A note's key name may hold neither.
  if (/[\s+]/.test(logOrigin)) reader.fault('REENACT_AUDIT_ORIGIN may not hold spaces or a plus');
  reader.done();
  return { ...service, logOrigin, logKey: logKey as string };
}

function readKey(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function isSeed(text: string | undefined): boolean {
  return text !== undefined && Buffer.from(text, 'base64').length === 32;
}
