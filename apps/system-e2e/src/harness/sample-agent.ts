import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  AgentClient,
  type AgentIdentity,
  captureIncident,
  enrol,
  LiveRun,
  Recording,
  type RetryOptions,
  Spool,
} from '@reenact/agent-sdk';
import type { Artifact } from '@reenact/contracts';
import { parseSpec, type PipelineSpec } from '@reenact/pipeline';
import { Api } from './api.js';
import type { RecordingTarget } from './recording-target.js';
import type { World } from './world.js';

/** Orders become tickets, one each. */
export function ticketPipeline(name: string, { idempotent = true }: { idempotent?: boolean } = {}): PipelineSpec {
  return parseSpec({
    apiVersion: 'reenact.dev/v1',
    kind: 'Pipeline',
    name,
    model: 'lane_graph',
    input: 'orders',
    stages: [
      { id: 'ticket', kind: 'map', from: ['orders'], to: 'tickets', value: { number: 'body.number' } },
      {
        id: 'notify',
        kind: 'action',
        from: ['tickets'],
        idempotent,
        action: { kind: 'http', target: 'tickets', method: 'POST', path: "'/tickets'", body: 'value' },
      },
    ],
  });
}

export interface Failure {
  spec: PipelineSpec;
  target: RecordingTarget;
  /** How many orders come in. */
  records: number;
  /** How many of them became tickets before it failed. */
  done: number;
}

/** An agent of one environment: it runs pipelines until they fail, and uploads what it saw. */
export class SampleAgent {
  private uploads = 0;
  private readonly bootId = randomUUID();

  private constructor(
    readonly identity: AgentIdentity,
    readonly environmentId: string,
    private readonly directory: string,
  ) {}

  static async enrol(world: World, environment: { id: string; slug: string }, directory: string): Promise<SampleAgent> {
    const { ingestUrl, org, project } = world.connection;
    const { token } = await world.as('admin').post<{ token: string }>(`environments/${environment.id}/enrolment-tokens`);
    const nonce = randomUUID();
    const place = { organisation: org.slug, project: project.slug, environment: environment.slug };
    const { agentId, apiKey } = await enrol({ ingestUrl, token, ...place, name: `agent-${nonce.slice(0, 8)}`, nonce });
    const own = join(directory, agentId);
    mkdirSync(own, { recursive: true });
    return new SampleAgent({ ingestUrl, agentId, apiKey }, environment.id, own);
  }

  get client(): AgentClient {
    return new AgentClient(this.identity);
  }

  get api(): Api {
    return new Api(this.identity.ingestUrl, this.identity.apiKey);
  }

  /** Runs the pipeline for real until it fails, captures the bundle and uploads it. */
  async fail(failure: Failure, retry?: RetryOptions): Promise<Artifact> {
    const spool = await this.capture(failure);
    const [{ artifact }] = await spool.flush(this.client, { retry });
    return artifact;
  }

  /** As `fail`, but leaves the bundle in the spool. */
  async capture({ spec, target, records, done }: Failure): Promise<Spool> {
    this.uploads += 1;
    const name = `${spec.name}-${this.uploads}`;
    const recording = await Recording.begin(join(this.directory, name));
    let made = 0;
    const run = new LiveRun(
      spec,
      async ({ path, payload }) => {
        if (made === done) throw new Error('the ticket server is gone');
        made += 1;
        await fetch(new URL(path ?? '/', target.url), { method: 'POST', body: new Uint8Array(payload) });
      },
      recording,
    );
    for (let offset = 0; offset < records; offset += 1) {
      await run.process({ offset, at: new Date().toISOString(), headers: {}, body: { number: offset } });
    }
    await recording.end();
    const spool = new Spool(join(this.directory, `${name}-spool`));
    const capture = {
      agentId: this.identity.agentId,
      environmentId: this.environmentId,
      bootId: this.bootId,
      sequence: this.uploads,
      capturedAt: new Date().toISOString(),
      spec,
      lane: spec.input,
      streamId: `${this.identity.agentId}-${name}`,
      incident: { title: 'Tickets are not made', severity: 'high' as const, fingerprint: `tickets-${spec.name}` },
    };
    await captureIncident(capture, recording, spool);
    return spool;
  }
}
