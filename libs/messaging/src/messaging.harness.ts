import { Logger, type Type } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import {
  type CallContext,
  defineCommand,
  defineEvent,
  defineRpc,
  Int,
  type MessageDraft,
  type ServiceName,
  Text,
} from '@reenact/contracts';
import { messagingTables, PersistenceModule, UnitOfWork } from '@reenact/persistence';
import { JetStreamStrategy } from './jet-stream.strategy.js';
import { MessagingModule } from './messaging.module.js';
import type { MessagingOptions } from './messaging-options.js';
import { type MessagingMetric, MetricsHooks } from './metrics-hooks.js';
import { Outbox } from './outbox.js';
import { RpcServer } from './rpc-server.js';

export class Note {
  @Text({ max: 64 }) text: string;
  @Int() n: number;
}

const sample = { text: 'a', n: 1 };
const event = (fact: string) => defineEvent({ service: 'ingest', noun: 'note', fact, payload: Note, audit: false, sample });

export const noted = event('noted');
export const erased = event('erased');
export const mentioned = event('mentioned');
export const keep = defineCommand({ service: 'ingest', noun: 'note', verb: 'keep', payload: Note, sample });
export const readNote = defineRpc<{ text: string; by: string }>()({
  service: 'ingest',
  noun: 'note',
  verb: 'read',
  request: Note,
  sample,
});

export const context: CallContext = { actor: { kind: 'user', id: 'usr_1' }, correlationId: 'story-1' };

export function draft(n: number, contract: MessageDraft['contract'] = noted): MessageDraft {
  return { contract, data: { text: `note ${n}`, n }, orgId: 'org_1', aggregate: { id: `note-${n}`, version: 1 } };
}

export interface HarnessOptions extends Partial<MessagingOptions> {
  database: { url: string };
  nats: { url: string };
  controllers?: Type[];
}

export type Harness = Awaited<ReturnType<typeof startHarness>>;

/** A service that is nothing but messaging. */
export async function startHarness({
  database,
  controllers = [],
  service = 'ingest' as ServiceName,
  ...options
}: HarnessOptions) {
  if (!process.env.REENACT_TEST_LOG) Logger.overrideLogger(false);
  const testing = await Test.createTestingModule({
    imports: [
      PersistenceModule.forRoot({ service, database, entities: [], migrations: [messagingTables(service)] }),
      MessagingModule.forRoot({ service, backOff: () => 20, ...options }),
    ],
    controllers,
  }).compile();
  const app = testing.createNestApplication(new FastifyAdapter(), process.env.REENACT_TEST_LOG ? undefined : { logger: false });
  const work = app.get(UnitOfWork);
  const outbox = app.get(Outbox);
  const counts = new Map<MessagingMetric, number>();
  app.get(MetricsHooks).listen((metric, _labels, by) => counts.set(metric, (counts.get(metric) ?? 0) + by));
  try {
    app.connectMicroservice({ strategy: app.get(JetStreamStrategy) });
    app.connectMicroservice({ strategy: app.get(RpcServer) });
    await app.init();
    await app.startAllMicroservices();
  } catch (error) {
    await app.close();
    throw error;
  }
  return {
    app,
    work,
    count: (metric: MessagingMetric) => counts.get(metric) ?? 0,
    say: (...drafts: MessageDraft[]) => work.run((tx) => outbox.add(tx, context, drafts)),
    rows: <T = Record<string, unknown>>(sql: string, params?: unknown[]) => work.query<T>(sql, params),
    stop: () => app.close(),
  };
}
