import { Inject, Injectable } from '@nestjs/common';
import { type CallContext, HEARTBEAT_TYPE, type Heartbeat } from '@reenact/contracts';
import { NATS, type NatsConnection, publishTelemetry } from '@reenact/messaging';
import { Clock } from '@reenact/service-kit';
import type { AgentPrincipal } from '../domain/principal.js';
import type { HeartbeatBody } from './heartbeat.body.js';
import { RecordReadingsHandler } from './record-readings.handler.js';

@Injectable()
export class RecordHeartbeatHandler {
  constructor(
    @Inject(NATS) private readonly nc: NatsConnection,
    private readonly readings: RecordReadingsHandler,
    private readonly clock: Clock,
  ) {}

  /** Resolves once the stream has it. Throws `try_later` when it does not say so. */
  async record(agent: AgentPrincipal, body: HeartbeatBody, context: CallContext): Promise<{ receivedAt: string }> {
    const { agentId, orgId, projectId, environmentId } = agent;
    const receivedAt = this.clock.now().toISOString();
    const data: Heartbeat = { ...body, receivedAt };
    const reading = {
      type: HEARTBEAT_TYPE,
      source: 'ingest',
      orgId,
      projectId,
      environmentId,
      time: receivedAt,
      aggregate: { kind: 'agent', id: agentId, version: body.sequence },
      data,
    };
    await publishTelemetry(this.nc, reading, context);
    const { bootId, sequence, status, deploymentId, specHash } = body;
    // Last seen is by our clock; an agent's may be wrong.
    this.readings.note({ agentId, at: receivedAt, bootId, sequence, status, deploymentId, specHash });
    return { receivedAt };
  }
}
