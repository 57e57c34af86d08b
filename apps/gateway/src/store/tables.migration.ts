import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Tables1764000000000 implements MigrationInterface {
  name = 'Tables1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table gateway.app_user (
        id text primary key,
        name text not null,
        email text not null unique,
        installation_admin boolean not null default false,
        created_at timestamptz not null default now()
      )`);
    await runner.query(`
      create table gateway.token (
        id text primary key,
        user_id text not null references gateway.app_user,
        name text not null,
        hash text not null unique,
        roles text[],
        version integer not null default 1,
        created_at timestamptz not null default now(),
        expires_at timestamptz,
        revoked_at timestamptz,
        last_used_at timestamptz
      )`);
    await runner.query('create index token_by_user on gateway.token (user_id, id desc)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table gateway.token');
    await runner.query('drop table gateway.app_user');
  }
}
