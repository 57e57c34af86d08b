import { connect, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node';

/** Nest token of the service's own `NatsConnection`. */
export const NATS = Symbol('reenact:nats');

export type { NatsConnection } from '@nats-io/transport-node';

/** How every connection of a service behaves: waits for the broker, reconnects for ever, notices a dead one within half a minute. */
export function natsOptions(name: string, url: string): NodeConnectionOptions {
  const servers = url.split(',').map((server) => new URL(server.trim()));
  const { username, password } = servers[0];
  return {
    name,
    servers: servers.map((server) => server.host),
    // The client ignores what a URL says about the user.
    ...(username && { user: decodeURIComponent(username), pass: decodeURIComponent(password) }),
    waitOnFirstConnect: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    ignoreAuthErrorAbort: true,
    pingInterval: 10_000,
    maxPingOut: 2,
    // Else every request takes down where it was made, whether it fails or not.
    noAsyncTraces: true,
  };
}

/** Connects; waits as long as there is no broker. */
export function connectNats(name: string, url: string): Promise<NatsConnection> {
  return connect(natsOptions(name, url));
}
