import { jetstream } from '@nats-io/jetstream';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import { type Envelope, type EventContract, incidentOpened, newId, newUuid, toHeaders } from '@reenact/contracts';
import { applyTopology, connectNats } from '@reenact/messaging';
import type { RunningService } from '@reenact/service-kit';
import { type TestDatabase, testDatabase, type TestNats, testNats } from '@reenact/testing';
import { startAudit } from './start-audit.js';

export const ORIGIN = 'audit.test';

export interface AuditHarness {
  nats: TestNats;
  database: TestDatabase;
  nc: NatsConnection;
  start(): Promise<RunningService>;
  close(): Promise<void>;
}

/** A broker and a database of their own, and as many replicas of the service as a test wants. */
export async function auditHarness(): Promise<AuditHarness> {
  const [nats, database] = await Promise.all([testNats(), testDatabase()]);
  const nc = await connectNats('test', nats.url);
  await applyTopology(nc);
  const replicas: RunningService[] = [];
  return {
    nats,
    database,
    nc,
    async start() {
      const replica = await startAudit({
        host: '127.0.0.1',
        port: 0,
        nats: { url: nats.url },
        database: { url: database.url, poolSize: 4 },
        logLevel: process.env.REENACT_TEST_LOG ? 'debug' : 'silent',
        logOrigin: ORIGIN,
        logKey: Buffer.alloc(32, 9).toString('base64'),
      });
      replicas.push(replica);
      return replica;
    },
    async close() {
      await Promise.all(replicas.map((replica) => replica.stop()));
      await nc.close();
      await Promise.all([nats.close(), database.drop()]);
    },
  };
}

/** An event as a service would have said it: by default an incident opened now. */
export function eventOf(orgId: string, more: Partial<Envelope> & { contract?: EventContract } = {}): Envelope {
  const { contract = incidentOpened, ...rest } = more;
  return {
    id: newUuid(),
    type: contract.type,
    source: contract.service,
    time: new Date().toISOString(),
    aggregate: { kind: contract.aggregate, id: newId('incident'), version: 1 },
    orgId,
    actor: { kind: 'user', id: newId('user'), name: 'Ada' },
    correlationId: newUuid(),
    data: contract.sample,
    ...rest,
  };
}

/** Puts events on their stream, past any deduplication by the broker. */
export async function publish(nc: NatsConnection, events: Envelope[]): Promise<void> {
  await Promise.all(
    events.map((event) => {
      const carried = headers();
      for (const [name, value] of Object.entries(toHeaders(event))) carried.set(name, value);
      return jetstream(nc).publish(`${event.type}.${event.orgId}`, JSON.stringify(event.data), { headers: carried });
    }),
  );
}
