import { existsSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { writePrivateFile } from '@reenact/embedded';
import { usersFile } from './installation.js';
import type { Ports } from './read-ports.js';

/** Where the parts run that every service needs. */
export interface Parts {
  natsUrl: string;
  databaseUrl: string;
}

/** Ports that targets of a laptop live behind: its own. */
const LOOPBACK = '127.0.0.0/8,::1/128';

/** The environment that every service of this installation reads its configuration from, in one process or in many. */
export function serviceEnvironment(home: string, ports: Ports, parts: Parts, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const keys = join(home, 'keys');
  return {
    ...env,
    REENACT_HOST: '127.0.0.1',
    REENACT_PORT: String(ports.gateway),
    REENACT_INGEST_PORT: String(ports.ingest),
    REENACT_NATS_URL: parts.natsUrl,
    REENACT_DATABASE_URL: parts.databaseUrl,
    REENACT_DATABASE_POOL_SIZE: env.REENACT_DATABASE_POOL_SIZE ?? '8',
    REENACT_OBJECT_DIR: join(home, 'objects'),
    REENACT_LOG_LEVEL: env.REENACT_LOG_LEVEL ?? 'info',
    REENACT_LOG_FILE: env.REENACT_LOG_FILE ?? logFile(home),
    REENACT_USERS_FILE: usersFile(home),
    REENACT_AUDIT_KEY_FILE: seedFile(join(keys, 'audit.seed')),
    REENACT_APPROVAL_KEY_FILE: join(keys, 'approval.key'),
    REENACT_ROOT_KEY_FILE: join(keys, 'root.key'),
    REENACT_ROOT_PUBLIC_KEY_FILE: join(keys, 'root.key.pub'),
    REENACT_EGRESS_ALLOW: env.REENACT_EGRESS_ALLOW ?? LOOPBACK,
    REENACT_TARGET_SECRETS_DIR: env.REENACT_TARGET_SECRETS_DIR ?? join(home, 'target-secrets'),
  };
}

/** Services log here: the terminal is for people. */
export const logFile = (home: string) => join(home, 'reenact.log');

function seedFile(path: string): string {
  if (!existsSync(path)) writePrivateFile(path, `${randomBytes(32).toString('base64')}\n`);
  return path;
}
