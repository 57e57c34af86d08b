import { readFileSync } from 'node:fs';
import { type ObjectStoreConfig, readObjectStoreConfig } from '@reenact/object-store';
import { EnvReader, readServiceConfig, type ServiceConfig } from '@reenact/service-kit';

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
  const reader = new EnvReader(env);
  const file = reader.optional('REENACT_USERS_FILE');
  const config = {
    ...reader.group(() => readServiceConfig(env, 'gateway')),
    objectStore: reader.group(() => readObjectStoreConfig(env, '.reenact/objects')),
    bootstrapUsers: file ? reader.group(() => JSON.parse(readFileSync(file, 'utf8')) as BootstrapUser[]) : [],
  };
  reader.done();
  return config;
}
