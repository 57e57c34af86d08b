import { EventEmitter, once } from 'node:events';
import type { NatsConnection } from '@nats-io/transport-node';

/** Whether a connection is up, and how often it came up: what was learned from a broker holds for one generation only. */
export class BrokerState extends EventEmitter<{ up: []; down: []; closed: [] }> {
  connected = true;
  generation = 1;

  constructor(connection: NatsConnection) {
    super();
    this.setMaxListeners(0);
    void this.follow(connection);
  }

  /** Resolves when the connection is up; rejects with an AbortError when the signal fires first. */
  async whenUp(signal: AbortSignal): Promise<void> {
    while (!this.connected) await once(this, 'up', { signal });
  }

  private async follow(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect' || status.type === 'staleConnection') {
        this.connected = false;
        this.emit('down');
      } else if (status.type === 'reconnect') {
        this.connected = true;
        this.generation += 1;
        this.emit('up');
      }
    }
    this.connected = false;
    this.emit('closed');
  }
}
