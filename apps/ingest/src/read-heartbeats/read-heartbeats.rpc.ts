import { Controller, Inject } from '@nestjs/common';
import { type Heartbeat, heartbeatSubject, type ListHeartbeats, listHeartbeats } from '@reenact/contracts';
import { NATS, type NatsConnection, Rpc, readTelemetry } from '@reenact/messaging';

const DEFAULT_LIMIT = 20;

/** Reads heartbeats back from the stream, the only place where they all are. */
@Controller()
export class ReadHeartbeatsRpc {
  constructor(@Inject(NATS) private readonly nc: NatsConnection) {}

  /** Newest first. */
  @Rpc(listHeartbeats)
  async list({ orgId, agentId, limit = DEFAULT_LIMIT }: ListHeartbeats): Promise<{ items: Heartbeat[]; nextCursor: null }> {
    const all = await readTelemetry<Heartbeat>(this.nc, heartbeatSubject(orgId, agentId));
    return { items: all.slice(-limit).reverse(), nextCursor: null };
  }
}
