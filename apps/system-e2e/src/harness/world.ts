import { readdirSync } from 'node:fs';
import {
  type Approval,
  type Artifact,
  type Page,
  type Posture,
  type Replay,
  type Target,
  TERMINAL_STATES,
} from '@reenact/contracts';
import { eventually } from '@reenact/testing';
import pg from 'pg';
import { Api } from './api.js';
import type { Connection, Person } from './connection.js';
import type { RecordingTarget } from './recording-target.js';

/** Shorter than what Jest gives a test, so that a test that waits in vain says for what. */
const PATIENCE_MS = 45_000;

export interface Place {
  connection: Connection;
  databaseUrl: string;
  objectDirectory: string;
}

export type Wish = Partial<Replay> & { artifactId: string };

export interface PlannedAction {
  index: number;
  disposition: 'perform' | 'already_done';
  idempotencyKey: string;
  method: string;
  path: string;
  payloadSha256: string;
}

/** A running installation as its users see it, and its database and files as somebody who tampers with them does. */
export class World {
  constructor(readonly place: Place) {}

  get connection(): Connection {
    return this.place.connection;
  }

  as(person: Person): Api {
    return new Api(this.connection.gatewayUrl, this.connection.tokens[person]);
  }

  anonymous(): Api {
    return new Api(this.connection.gatewayUrl);
  }

  /** Asks until the answer is there and passes `check`; a part that is away for a moment is waited for. */
  until<T>(ask: () => Promise<T>, check: (answer: T) => void, timeoutMs = PATIENCE_MS): Promise<T> {
    return eventually(
      async () => {
        const answer = await ask();
        check(answer);
        return answer;
      },
      { timeoutMs, intervalMs: 50 },
    );
  }

  async sql<T extends object>(text: string, values: unknown[] = []): Promise<T[]> {
    const client = new pg.Client({ connectionString: this.place.databaseUrl });
    await client.connect();
    try {
      return (await client.query<T>(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  /** Every stored object, by key. */
  objects(): string[] {
    return readdirSync(this.place.objectDirectory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => `${entry.parentPath}/${entry.name}`)
      .sort();
  }

  /** Registers a spec and points its target at the server. */
  async prepare(environmentId: string, spec: { name: string }, target: RecordingTarget, targetName = 'tickets'): Promise<void> {
    const { org, project } = this.connection;
    await this.as('admin').post(`orgs/${org.id}/projects/${project.id}/pipelines/${spec.name}/versions`, { spec });
    const { items } = await this.as('admin').get<Page<Target>>(`environments/${environmentId}/targets`);
    if (items.some(({ name }) => name === targetName)) return;
    await this.as('admin').post(`environments/${environmentId}/targets`, { name: targetName, kind: 'http', url: target.url });
  }

  /** Changes a posture as its revision of now; answers what the call answers. */
  async changePosture(environmentId: string, change: (posture: Posture) => void): Promise<{ state?: string; changeId?: string }> {
    const path = `environments/${environmentId}/posture`;
    const { headers, body } = await this.as('admin').call<Posture>('GET', path);
    change(body);
    return this.as('admin').ask('PUT', path, body, { 'if-match': headers.get('etag') ?? '' });
  }

  request(wish: Wish, headers?: Record<string, string>): Promise<Replay> {
    return this.as('operator').post<Replay>('replays', { mode: 'dry_run', reason: 'Look into it', ...wish }, headers);
  }

  /** The replay once it has ended. */
  ended(replayId: string, timeoutMs = PATIENCE_MS): Promise<Replay> {
    return this.until(
      () => this.as('operator').get<Replay>(`replays/${replayId}`),
      (replay) => {
        if (!TERMINAL_STATES.includes(replay.state)) throw new Error(`${replayId} is still ${replay.state}`);
      },
      timeoutMs,
    );
  }

  /** The replay once it is in a state. */
  entered(replayId: string, state: Replay['state']): Promise<Replay> {
    return this.until(
      () => this.as('operator').get<Replay>(`replays/${replayId}`),
      (replay) => {
        if (replay.state !== state) throw new Error(`${replayId} is ${replay.state}, not ${state}`);
      },
    );
  }

  async dryRun(artifactId: string): Promise<Replay> {
    const replay = await this.ended((await this.request({ artifactId })).id);
    if (replay.state !== 'succeeded')
      throw new Error(`the dry run ended as ${replay.state}: ${JSON.stringify(replay.rejection)}`);
    return replay;
  }

  requestApproval(dryRunId: string): Promise<Approval> {
    const request = { action: 'replay_execute', dryRunId, ttl: 'PT1H', reason: 'Make what is missing' };
    return this.as('operator').post<Approval>('approvals', request);
  }

  /** An approval that another person gave. */
  async approve(dryRunId: string): Promise<Approval> {
    const { id } = await this.requestApproval(dryRunId);
    return this.as('approver').post<Approval>(`approvals/${id}/decisions`, { decision: 'approve', reason: 'It is right' });
  }

  /** Evidence, dry run and approval: all that an execute needs. */
  async readyToExecute(artifact: Artifact): Promise<Wish & { dryRunId: string; approvalId: string }> {
    const { id: dryRunId } = await this.dryRun(artifact.id);
    const { id: approvalId } = await this.approve(dryRunId);
    return { mode: 'execute', artifactId: artifact.id, dryRunId, approvalId };
  }

  /** The actions that a plan would perform. */
  async plannedActions(dryRunId: string): Promise<PlannedAction[]> {
    const page = await this.as('operator').get<{ items: PlannedAction[] }>(`replays/${dryRunId}/plan?limit=200`);
    return page.items.filter(({ disposition }) => disposition === 'perform');
  }

  /** The keys of the actions that a plan would perform. */
  async plannedKeys(dryRunId: string): Promise<string[]> {
    return (await this.plannedActions(dryRunId)).map(({ idempotencyKey }) => idempotencyKey);
  }

  actions(replayId: string): Promise<Page<{ index: number; state: string; attempts: number }>> {
    return this.as('operator').get(`replays/${replayId}/actions?limit=200`);
  }
}
