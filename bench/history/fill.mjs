import pg from 'pg';

const CHUNK = 10_000;

/** Replays of the past: older than every real one, 50 to an artifact, 500 to an incident, one of a hundred failed and one cancelled. */
const MADE = `with made as (
  select n, 'rpl_00' || lpad(n::text, 24, '0') as id, 'art_00' || lpad((n / 50)::text, 24, '0') as artifact_id,
    'inc_00' || lpad((n / 500)::text, 24, '0') as incident_id,
    case n % 100 when 0 then 'failed' when 1 then 'cancelled' else 'succeeded' end as state
  from generate_series($1::int, $2::int) as n)`;

const IDS = `jsonb_build_object('id', made.id, 'artifactId', made.artifact_id, 'incidentId', made.incident_id, 'state', made.state)`;

/** What a finished replay leaves behind, copied from the one whose id is the third parameter. */
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
  // Entries of another log, as of another organisation: those of a log are the leaves of its tree.
  'audit.entry': `insert into audit.entry select copy.* from made,
    (select entry, row_number() over (order by leaf_index) - 1 as k, count(*) over () as size
     from audit.entry as entry where correlation_id = $3) as old,
    lateral jsonb_populate_record(old.entry, jsonb_build_object('log', 'past', 'leaf_index', made.n * old.size + old.k,
      'correlation_id', made.id, 'subject_id', made.id)) as copy`,
  'audit.sealed_event': `insert into audit.sealed_event (event_id) select made.id || '-' || k from made,
    generate_series(1, (select count(*) from audit.entry where correlation_id = $3)) as k`,
};

/** The inboxes remember messages for days: as many per replay as they have now. */
const INBOXES = ['replay_orchestrator', 'runner', 'incident', 'audit'];

/** Makes so many finished replays of one that is finished; `finished` is how many real ones there are. Answers the bytes of each table. */
export async function fillHistory(databaseUrl, { replayId, finished, rows, said }) {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const perInbox = await inboxShares(client, finished);
    for (let from = 1; from <= rows; from += CHUNK) {
      const range = [from, Math.min(from + CHUNK - 1, rows), replayId];
      for (const copy of Object.values(COPIES)) await client.query(`${MADE} ${copy}`, range);
      for (const [schema, shares] of Object.entries(perInbox)) await copyInbox(client, schema, shares, range);
      said(range[1]);
    }
    const tables = [...Object.keys(COPIES), ...INBOXES.map((schema) => `${schema}.inbox`)];
    // Here and not later by itself, in the middle of what is measured.
    for (const table of tables) await client.query(`vacuum analyze ${table}`);
    await client.query('checkpoint');
    return await sizesOf(client, tables);
  } finally {
    await client.end();
  }
}

async function inboxShares(client, finished) {
  const shares = {};
  for (const schema of INBOXES) {
    const { rows } = await client.query(`select consumer, count(*)::int as count from ${schema}.inbox group by consumer`);
    shares[schema] = rows.map(({ consumer, count }) => ({ consumer, each: Math.round(count / finished) }));
  }
  return shares;
}

async function copyInbox(client, schema, shares, [from, to]) {
  await client.query(
    `insert into ${schema}.inbox (consumer, message_id)
     select share.consumer, 'past-' || n || '-' || k
     from unnest($1::text[], $2::int[]) as share(consumer, each), generate_series($3::int, $4::int) as n,
       lateral generate_series(1, share.each) as k`,
    [shares.map(({ consumer }) => consumer), shares.map(({ each }) => each), from, to],
  );
}

async function sizesOf(client, tables) {
  const { rows } = await client.query(
    'select name, pg_total_relation_size(name::regclass)::float8 as bytes from unnest($1::text[]) as name',
    [tables],
  );
  return rows;
}
