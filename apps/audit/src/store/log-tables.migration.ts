import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The log: heads, entries, tiles, checkpoints, and what is kept beside them. */
export class LogTables1700000001000 implements MigrationInterface {
  name = 'LogTables1700000001000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function audit.read_tiles');
    for (const table of ['denial_tally', 'detached_value', 'sealed_event', 'checkpoint', 'tile', 'entry', 'head']) {
      await runner.query(`drop table audit.${table}`);
    }
  }
}

const STATEMENTS = [
  `create table audit.head (
    log text primary key,
    size bigint not null default 0,
    checkpoint_size bigint not null default 0
  ) with (fillfactor = 50)`,
  // `body` is text and not jsonb: the leaf is the hash of exactly these bytes.
  `create table audit.entry (
    log text not null,
    leaf_index bigint not null,
    body text not null,
    leaf_hash bytea not null,
    actor_name text,
    at timestamptz not null,
    type text not null,
    category text not null,
    outcome text not null,
    actor_id text not null,
    subject_id text not null,
    correlation_id text not null,
    sealed_at timestamptz not null default now(),
    primary key (log, leaf_index)
  )`,
  'create index entry_correlation on audit.entry (log, correlation_id, leaf_index)',
  'create index entry_subject on audit.entry (log, subject_id, leaf_index)',
  'create index entry_actor on audit.entry (log, actor_id, leaf_index)',
  'create index entry_type on audit.entry (log, type, leaf_index)',
  'create index entry_category on audit.entry (log, category, outcome, leaf_index)',
  'create index entry_at on audit.entry (log, at)',
  `create table audit.tile (
    log text not null,
    level smallint not null,
    tile_index bigint not null,
    hashes bytea not null,
    primary key (log, level, tile_index)
  )`,
  // Hashes do not compress.
  'alter table audit.tile alter column hashes set storage external',
  // A proof reads a few of many tiles. Left alone the planner reads all tiles of a log that it takes for small; the limit makes each
  // wanted tile a look-up of its own.
  `create function audit.read_tiles(wanted_log text, levels int[], indexes bigint[])
    returns table (level int, tile_index bigint, hashes bytea)
    language sql stable set enable_seqscan = off set enable_bitmapscan = off
    as $$
      select wanted.level, wanted.tile_index, found.hashes
      from unnest(levels, indexes) as wanted(level, tile_index)
      cross join lateral (
        select tile.hashes from audit.tile
        where tile.log = wanted_log and tile.level = wanted.level and tile.tile_index = wanted.tile_index
        limit 1
      ) as found
    $$`,
  `create table audit.checkpoint (
    log text not null,
    size bigint not null,
    root bytea not null,
    note text not null,
    signed_at timestamptz not null default now(),
    primary key (log, size)
  )`,
  `create table audit.sealed_event (
    event_id text primary key,
    sealed_at timestamptz not null default now()
  )`,
  // JSON as text: jsonb refuses some of what JSON allows (\\u0000).
  `create table audit.detached_value (
    log text not null,
    leaf_index bigint not null,
    pointer text not null,
    salt bytea,
    value text not null,
    primary key (log, leaf_index, pointer)
  )`,
  `create table audit.denial_tally (
    log text not null,
    actor text not null,
    code text not null,
    minute timestamptz not null,
    pending integer not null default 0,
    draft text not null,
    primary key (log, actor, code, minute)
  )`,
  'create index denial_tally_minute on audit.denial_tally (minute)',
];
