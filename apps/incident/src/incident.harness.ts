import { jetstream } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import {
  type CallContext,
  type Envelope,
  type EventContract,
  type Incident,
  newId,
  newUuid,
  readIncident,
  type RpcContract,
  subjectOf,
  toHeaders,
} from '@reenact/contracts';
import { connectNats, MetricsHooks, RpcClient } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { eventually, testDatabase, testNats } from '@reenact/testing';
import { startIncident } from './start-incident.js';

export type Harness = Awaited<ReturnType<typeof startHarness>>;

export const user = (id = newId('user')): CallContext => ({ actor: { kind: 'user', id }, correlationId: newUuid() });

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
  const [database, nats] = await Promise.all([testDatabase(), testNats()]);
  const service = await startIncident({ host: '127.0.0.1', port: 0, database, nats, logLevel: 'silent' });
  const client = new RpcClient({ service: 'gateway', nats }, new MetricsHooks());
  const nc = await connectNats('gateway', nats.url);
  const work = service.app.get(UnitOfWork);
  const call = <Q extends object, A>(
    contract: RpcContract<Q, A>,
    request: NoInfer<Q>,
    context: CallContext = user(),
  ): Promise<A> => client.call(contract, request, context);

  return {
    nats,
    call,
    get: <T>(type: new (...parameters: never[]) => T): T => service.app.get(type),
    rows: <T>(sql: string, params?: unknown[]) => work.query<T>(sql, params),
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
        const rows = await work.query('select distinct message_id from incident.inbox where message_id = any($1)', [ids]);
        expect(rows).toHaveLength(ids.length);
      });
    },
    async incidentOf(artifactId: string): Promise<Incident> {
      const [row] = await work.query<{ incident_id: string }>('select incident_id from incident.artifact where id = $1', [
        artifactId,
      ]);
      return call(readIncident, { incidentId: row.incident_id });
    },
    async said(incidentId: string): Promise<string[]> {
      const rows = await work.query<{ headers: Record<string, string>; payload: string }>(
        "select headers, payload from incident.outbox where payload like '%' || $1 || '%' order by position",
        [incidentId],
      );
      return rows.map(
        ({ headers: said }) => `${said['ce-type'].split('.').slice(2, 4).join('.')} ${said['ce-aggregateversion']}`,
      );
    },
    async stop() {
      await nc.close();
      await client.close();
      await service.stop();
      await Promise.all([database.drop(), nats.close()]);
    },
  };
}
