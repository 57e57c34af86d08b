export { type FindOptions, findNatsServer } from './find-nats-server.js';
export { claimHome, type HomeClaim } from './home.js';
export { type NatsOptions, type RunningNats, startNats } from './nats.js';
export { NATS_FLOOR, type NatsServer, isAtLeast } from './nats-server-version.js';
export { choosePort, isPortFree } from './ports.js';
export { type PostgresOptions, type RunningPostgres, startPostgres } from './postgres.js';
export { writePrivateFile } from './private-file.js';
