import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  AgentClient,
  type AgentIdentity,
  captureIncident,
  enrol,
  HeartbeatLoop,
  LiveRun,
  Recording,
  Spool,
} from '@reenact/agent-sdk';
import { type Artifact, type Incident, isId, type Page, type PipelineVersion, type Target } from '@reenact/contracts';
import { type EngineAction, parseSpec } from '@reenact/pipeline';
import { type Play, until } from './sample-incident.js';
import { ISSUE_TRIAGE, readWebhooks } from './sample-pipeline.js';
import { expect, type StepList } from './step-list.js';
import type { OpenTicketServer } from './ticket-server-home.js';

/** How many tickets are made before the ticket server fails. */
const MADE_BEFORE_FAILURE = 15;

/** From a fresh agent to an incident with its evidence. Answers the artifact's id. */
export async function playEvidence(
  play: Play,
  steps: StepList,
  tickets: OpenTicketServer,
  load: NodeJS.Require,
): Promise<string> {
  const { admin, operator, connection, environmentId } = play;
  const spec = parseSpec(ISSUE_TRIAGE);
  await sendWhatIsSpooled(play, steps);

  await steps.step(async () => {
    const version = await admin.send<PipelineVersion>(
      'POST',
      `orgs/${connection.org.id}/projects/${connection.project.id}/pipelines/${spec.name}/versions`,
      { spec },
    );
    await pointTarget(play, tickets.url);
    const registered = version.status === 201 ? 'registered' : 'registered already';
    return {
      said: `Pipeline ${spec.name} ${registered} as ${version.body.id}; target "triage" is ${tickets.url}`,
      value: undefined,
    };
  }, 'Register the pipeline and its target');

  const bootId = randomUUID();
  const directory = join(play.directory, 'agents', bootId);
  const recording = await Recording.begin(directory);
  const identity = await steps.step(async () => {
    const { token } = await admin.post<{ token: string }>(`environments/${environmentId}/enrolment-tokens`, { ttl: 'PT5M' });
    const { ingestUrl, org, project } = connection;
    const enrolled = await enrol({
      ingestUrl,
      token,
      organisation: org.slug,
      project: project.slug,
      environment: 'prod',
      name: 'triage',
      nonce: bootId,
    });
    const made: AgentIdentity = { ingestUrl, agentId: enrolled.agentId, apiKey: enrolled.apiKey };
    writeFileSync(join(directory, 'identity.json'), JSON.stringify(made), { mode: 0o600 });
    return { said: `Agent ${enrolled.agentId} enrolled in prod`, value: made };
  }, 'Enrol an agent');

  const client = new AgentClient(identity);
  let status: 'ok' | 'failing' = 'ok';
  const heartbeats = new HeartbeatLoop(client, { intervalMs: 2_000, bootId, read: () => ({ status }) });
  try {
    await steps.step(async () => {
      const seen = await until(async () => {
        const { items } = await operator.get<Page<object>>(`agents/${identity.agentId}/heartbeats`);
        return items.length > 0 ? items.length : undefined;
      }, 'the first heartbeat');
      return { said: `Its heartbeat arrived (${seen})`, value: undefined };
    }, 'Heartbeat');

    const counts = await steps.step(async () => {
      const run = new LiveRun(spec, (action) => makeTicket(tickets.url, action), recording);
      tickets.server.breakAfter(MADE_BEFORE_FAILURE);
      for (const [offset, webhook] of readWebhooks(load).entries()) {
        const headers = { 'x-github-event': webhook.event };
        await run.process({ offset, at: new Date().toISOString(), headers, body: webhook.payload });
      }
      await recording.end();
      tickets.server.repair();
      status = 'failing';
      const { records, done, failed } = run.counts;
      expect(done === MADE_BEFORE_FAILURE && failed > 0, `${done} tickets made, ${failed} failed`);
      return {
        said: `The agent took ${records} webhooks: ${done} tickets made, then the ticket server failed ${failed} times`,
        value: run.counts,
      };
    }, 'Run the pipeline');

    const artifact = await steps.step(async () => {
      const spool = new Spool(join(directory, 'spool'));
      const capture = {
        agentId: identity.agentId,
        environmentId,
        bootId,
        sequence: 1,
        capturedAt: new Date().toISOString(),
        spec,
        lane: spec.input,
        streamId: `github-${bootId}`,
        incident: {
          title: 'Tickets are not made: the ticket server answers 503',
          severity: 'high' as const,
          fingerprint: 'triage-503',
        },
        snapshot: { ...counts },
      };
      await captureIncident(capture, recording, spool);
      const [{ artifact: stored }] = await spool.flush(client);
      return {
        said: `Bundle ${stored.id} uploaded: ${stored.size} bytes, ${stored.records} records, ${stored.sha256.slice(7, 19)}`,
        value: stored,
      };
    }, 'Capture and upload');

    await openIncident(play, steps, artifact);
    return artifact.id;
  } finally {
    await heartbeats.stop();
  }
}

/** What the operator sees of it. */
async function openIncident({ operator }: Play, steps: StepList, artifact: Artifact): Promise<void> {
  await steps.step(async () => {
    const incidentId = await until(async () => {
      const read = await operator.get<Artifact>(`artifacts/${artifact.id}`);
      return isId('incident', read.incidentId) ? read.incidentId : undefined;
    }, 'the incident');
    const incident = await operator.get<Incident>(`incidents/${incidentId}`);
    const times = incident.occurrences > 1 ? `, seen ${incident.occurrences} times` : '';
    return { said: `Incident ${incident.id} (${incident.severity}): ${incident.title}${times}`, value: undefined };
  }, 'Open the incident');

  await steps.step(async () => {
    const read = await operator.get<Artifact>(`artifacts/${artifact.id}`);
    expect(read.replayable.ok, `the artifact cannot be replayed: ${read.replayable.code}`);
    const { items } = await operator.get<Page<{ path: string }>>(`artifacts/${artifact.id}/entries`);
    return {
      said: `Evidence opened: captured ${read.capturedAt}, ${items.map(({ path }) => path).join(', ')}`,
      value: undefined,
    };
  }, 'Open the evidence');
}

/** An upload that an earlier, killed run did not finish is made now. */
async function sendWhatIsSpooled(play: Play, steps: StepList): Promise<void> {
  const agents = join(play.directory, 'agents');
  for (const name of existsSync(agents) ? readdirSync(agents) : []) {
    const file = join(agents, name, 'identity.json');
    const spool = new Spool(join(agents, name, 'spool'));
    if (!existsSync(file) || (await spool.pending()).length === 0) continue;
    await steps.step(async () => {
      const identity = JSON.parse(readFileSync(file, 'utf8')) as AgentIdentity;
      const sent = await spool.flush(new AgentClient({ ...identity, ingestUrl: play.connection.ingestUrl }));
      return {
        said: `Evidence that an earlier run had captured is uploaded: ${sent.map(({ artifact }) => artifact.id).join(', ')}`,
        value: undefined,
      };
    }, 'Upload what is spooled');
  }
}

/** The target "triage" of prod, at this run's address. */
async function pointTarget({ admin, environmentId }: Play, url: string): Promise<void> {
  const wanted = new URL('/', url).href;
  const { items } = await admin.get<Page<Target>>(`environments/${environmentId}/targets`);
  const known = items.find((target) => target.name === 'triage');
  if (!known) await admin.post(`environments/${environmentId}/targets`, { name: 'triage', kind: 'http', url: wanted });
  else if (known.url !== wanted)
    await admin.send('PATCH', `targets/${known.id}`, { url: wanted }, { 'if-match': `"${known.revision}"` });
}

async function makeTicket(url: string, action: EngineAction): Promise<void> {
  const response = await fetch(new URL(action.path ?? '/', url), {
    method: action.method,
    headers: { ...action.headers, 'content-type': 'application/json' },
    body: new Uint8Array(action.payload),
  });
  if (!response.ok) throw new Error(`the ticket server answered ${response.status}`);
}
