import type { ServiceName } from '@reenact/contracts';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { schemaOf } from './schema.js';

/** A TypeORM migration; its `name` ends with 13 digits that order it. */
export type MigrationClass = new () => MigrationInterface;

/**
 * The migration every service lists first: `outbox`, `inbox`, `dead_letter`, `failed_delivery`, `known_consumer` and `idempotency` in the
 * service's schema.
 */
export function messagingTables(service: ServiceName): MigrationClass {
  const schema = schemaOf(service);
  return class MessagingTables implements MigrationInterface {
    name = 'MessagingTables1700000000000';

    async up(runner: QueryRunner): Promise<void> {
      for (const statement of statements(schema)) await runner.query(statement);
    }

    async down(runner: QueryRunner): Promise<void> {
      for (const table of TABLES) await runner.query(`drop table ${schema}.${table}`);
    }
  };
}

const TABLES = ['outbox', 'known_consumer', 'inbox', 'failed_delivery', 'dead_letter', 'idempotency'] as const;

function statements(schema: string): string[] {
  return [
    // `position` orders what one relay publishes; nothing reads past it, since sequences are given before commits.
    `create table ${schema}.outbox (
      id text primary key,
      position bigint generated always as identity,
      stream text not null,
      subject text not null,
      headers jsonb not null,
      payload text not null,
      created_at timestamptz not null default now(),
      published_at timestamptz,
      stream_created text,
      stream_seq bigint
    ) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02)`,
    `create index outbox_unpublished on ${schema}.outbox (position) where published_at is null`,
    `create index outbox_published on ${schema}.outbox (stream, stream_seq) where published_at is not null`,
    // Who read a stream once is waited for before rows are pruned, also while a wiped broker does not know them yet.
    `create table ${schema}.known_consumer (
      stream text not null,
      durable text not null,
      filter text not null,
      seen_at timestamptz not null default now(),
      primary key (stream, durable)
    )`,
    `create table ${schema}.inbox (
      consumer text not null,
      message_id text not null,
      received_at timestamptz not null default now(),
      primary key (consumer, message_id)
    )`,
    `create index inbox_received on ${schema}.inbox using brin (received_at)`,
    `create table ${schema}.failed_delivery (
      consumer text not null,
      message_id text not null,
      n integer not null,
      at timestamptz not null default now(),
      reason jsonb not null,
      primary key (consumer, message_id, n)
    )`,
    `create table ${schema}.dead_letter (
      id uuid primary key,
      consumer text not null,
      message_id text not null,
      stream text not null,
      subject text not null,
      headers jsonb not null,
      payload bytea not null,
      reason jsonb not null,
      history jsonb not null,
      created_at timestamptz not null default now(),
      redriven_at timestamptz,
      unique (consumer, message_id)
    )`,
    `create index dead_letter_open on ${schema}.dead_letter (id) where redriven_at is null`,
    `create table ${schema}.idempotency (
      caller text not null,
      route text not null,
      key text not null,
      request_hash text not null,
      answer jsonb,
      created_at timestamptz not null default now(),
      primary key (caller, route, key)
    )`,
    `create index idempotency_created on ${schema}.idempotency using brin (created_at)`,
  ];
}
