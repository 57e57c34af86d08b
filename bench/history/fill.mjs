import pg from 'pg';

const CHUNK = 10_000;

/** Replays of the past: older than every real one, 50 to an artifact, 500 to an incident, one of a hundred failed and one cancelled. */
const MADE = `with made as (
  select n, 'rpl_00' || lpad(n::text, 24, '0') as id, 'art_00' || lpad((n / 50)::text, 24, '0') as artifact_id,
    'inc_00' || lpad((n / 500)::text, 24, '0') as incident_id,
    case n % 100 when 0 then 'failed' when 1 then 'cancelled' else 'succeeded' end as state
  from generate_series($1::int, $2::int) as n)`;

const IDS = `jsonb_build_object('id', made.id, 'artifactId', made.artifact_id, 'incidentId', made.incident_id, 'state', made.state)`;

/**
 * What a finished replay leaves in the tables that hold replays, copied from the one whose id is the third parameter. Logs and inboxes are
 * left as they are: they are appended to and never searched but by key.
 */
const COPIES = {
  'replay_orchestrator.replay': `insert into replay_orchestrator.replay select copy.* from made, replay_orchestrator.replay old,
    lateral jsonb_populate_record(old, jsonb_build_object('id', made.id, 'artifact_id', made.artifact_id,
      'incident_id', made.incident_id, 'state', made.state, 'body', old.body || ${IDS})) as copy where old.id = $3`,
  'replay_orchestrator.replay_journal': `insert into replay_orchestrator.replay_journal (replay_id, version, state, message, at)
    select made.id, old.version, old.state, old.message, old.at from made, replay_orchestrator.replay_journal old
    where old.replay_id = $3 order by made.n, old.id`,
  'runner.run': `insert into runner.run select copy.* from made, runner.run old,
    lateral jsonb_populate_record(old, jsonb_build_object('replay_id', made.id, 'correlation_id', made.id,
      'command', old.command || jsonb_build_object('replayId', made.id))) as copy where old.replay_id = $3`,
  'runner.effect': `insert into runner.effect select copy.* from made, runner.effect old,
    lateral jsonb_populate_record(old, jsonb_build_object('replay_id', made.id, 'idempotency_key', 'rn1_' || made.id)) as copy
    where old.replay_id = $3`,
  'incident.replay': `insert into incident.replay select copy.* from made, incident.replay old,
    lateral jsonb_populate_record(old, jsonb_build_object('id', made.id, 'artifact_id', made.artifact_id,
      'incident_id', made.incident_id, 'replay', old.replay || ${IDS})) as copy where old.id = $3`,
  'incident.timeline_entry': `insert into incident.timeline_entry (id, owner_id, entry)
    select made.id || '-' || row_number() over (partition by made.n), made.incident_id, replace(old.entry, $3, made.id)
    from made, (select entry from incident.timeline_entry where entry like '%' || $3 || '%') as old`,
};

/** Connections that copy at once. */
const WRITERS = 2;

/** Makes so many finished replays of one that is finished. Answers the bytes of each table. */
export async function fillHistory(databaseUrl, { replayId, rows, said }) {
  const chunks = Array.from({ length: Math.ceil(rows / CHUNK) }, (_, n) => [
    n * CHUNK + 1,
    Math.min((n + 1) * CHUNK, rows),
    replayId,
  ]);
  let made = 0;
  await Promise.all(
    Array.from({ length: WRITERS }, () =>
      connected(databaseUrl, async (client) => {
        // A crash would end the bench anyway.
        await client.query('set synchronous_commit = off');
        for (let chunk = chunks.shift(); chunk; chunk = chunks.shift()) {
          for (const copy of Object.values(COPIES)) await client.query(`${MADE} ${copy}`, chunk);
          made += chunk[1] - chunk[0] + 1;
          said(made);
        }
      }),
    ),
  );
  return connected(databaseUrl, async (client) => {
    const tables = Object.keys(COPIES);
    // Here and not later by itself, in the middle of what is measured.
    for (const table of tables) await client.query(`vacuum analyze ${table}`);
    await client.query('checkpoint');
    return sizesOf(client, tables);
  });
}

async function connected(databaseUrl, work) {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function sizesOf(client, tables) {
  const { rows } = await client.query(
    'select name, pg_total_relation_size(name::regclass)::float8 as bytes from unnest($1::text[]) as name',
    [tables],
  );
  return rows;
}
