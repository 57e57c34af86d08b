import { isAtLeast } from './nats-server-version.js';

export interface NatsConfig {
  version: string;
  serverName: string;
  port: number;
  storeDirectory: string;
  user: string;
  password: string;
  /** Every message is on disk before it is acknowledged; servers before 2.10 cannot promise that. */
  durable: boolean;
}

/** The text of a nats-server configuration file that this version of the server accepts. */
export function natsConfig(config: NatsConfig): string {
  const sync = config.durable && isAtLeast(config.version, '2.10.0') ? ['  sync_interval: always'] : [];
  return [
    `server_name: ${JSON.stringify(config.serverName)}`,
    'host: "127.0.0.1"',
    `port: ${config.port}`,
    'max_payload: 1MB',
    'max_pending: 64MB',
    'write_deadline: "10s"',
    'jetstream {',
    `  store_dir: ${JSON.stringify(config.storeDirectory)}`,
    '  max_memory_store: 64MB',
    '  max_file_store: 16GB',
    ...sync,
    '}',
    'authorization {',
    `  user: ${JSON.stringify(config.user)}`,
    `  password: ${JSON.stringify(config.password)}`,
    '}',
    '',
  ].join('\n');
}
