import { jetstream } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import {
  type Envelope,
  type EventContract,
  type Incident,
  newId,
  newUuid,
  readIncident,
  subjectOf,
  toHeaders,
} from '@reenact/contracts';
import { connectNats } from '@reenact/messaging';
import { eventually, testService } from '@reenact/testing';
import { startIncident } from './start-incident.js';

export type Harness = Awaited<ReturnType<typeof startHarness>>;

export interface Place {
  orgId: string;
  projectId: string;
  environmentId: string;
}

export const place = (): Place => ({
  orgId: newId('organisation'),
  projectId: newId('project'),
  environmentId: newId('environment'),
});

/** A real incident service, a caller, and a hand that publishes what other services would. */
export async function startHarness() {
  const service = await testService(startIncident);
  const { call, rows } = service;
  const nc = await connectNats('gateway', service.nats.url);

  return {
    ...service,
    async publish<T extends object>(
      contract: EventContract<T>,
      data: NoInfer<T>,
      at: Place,
      aggregate: { id: string; version: number },
      more: Partial<Envelope> = {},
    ): Promise<Envelope> {
      const envelope: Envelope = {
        id: newUuid(),
        type: contract.type,
        source: contract.service,
        time: new Date().toISOString(),
        ...at,
        aggregate: { kind: contract.aggregate, ...aggregate },
        actor: { kind: 'user', id: newId('user') },
        correlationId: newUuid(),
        data,
        ...more,
      };
      const carried = headers();
      for (const [name, value] of Object.entries(toHeaders(envelope))) carried.set(name, value);
      await jetstream(nc).publish(subjectOf(contract, at.orgId), JSON.stringify(envelope.data), { headers: carried });
      return envelope;
    },
    /** Waits until the service has taken a message. */
    async taken(...envelopes: Envelope[]): Promise<void> {
      await eventually(async () => {
        const ids = envelopes.map(({ id }) => id);
        const found = await rows('select distinct message_id from incident.inbox where message_id = any($1)', [ids]);
        expect(found).toHaveLength(ids.length);
      });
    },
    async incidentOf(artifactId: string): Promise<Incident> {
      const [row] = await rows<{ incident_id: string }>('select incident_id from incident.artifact where id = $1', [artifactId]);
      return call(readIncident, { incidentId: row.incident_id });
    },
    async said(incidentId: string): Promise<string[]> {
      const told = await rows<{ headers: Record<string, string>; payload: string }>(
        "select headers, payload from incident.outbox where payload like '%' || $1 || '%' order by position",
        [incidentId],
      );
      return told.map(
        ({ headers: said }) => `${said['ce-type'].split('.').slice(2, 4).join('.')} ${said['ce-aggregateversion']}`,
      );
    },
    async stop() {
      await nc.close();
      await service.stop();
    },
  };
}
