import { readFileSync } from 'node:fs';
import { type ObjectStoreConfig, readObjectStoreConfig } from '@reenact/object-store';
import { readServiceConfig, type ServiceConfig } from '@reenact/service-kit';

/** A person the installation knows from its configuration, with the token that opens the API for them. */
export interface BootstrapUser {
  id: string;
  name: string;
  email: string;
  /** `rnt_pat_...`; only its hash is stored. */
  token: string;
  installationAdmin: boolean;
}

export interface GatewayConfig extends ServiceConfig {
  objectStore: ObjectStoreConfig;
  bootstrapUsers: BootstrapUser[];
}

/** `REENACT_USERS_FILE` names a JSON list of the first people; without it the gateway keeps those it has. */
export function readGatewayConfig(env: NodeJS.ProcessEnv): GatewayConfig {
  const file = env.REENACT_USERS_FILE;
  return {
    ...readServiceConfig(env, 'gateway'),
    objectStore: readObjectStoreConfig(env, '.reenact/objects'),
    bootstrapUsers: file ? (JSON.parse(readFileSync(file, 'utf8')) as BootstrapUser[]) : [],
  };
}
