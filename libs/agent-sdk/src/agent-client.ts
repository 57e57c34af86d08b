import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Artifact, ArtifactType, HEARTBEAT_STATUSES } from '@reenact/contracts';
import { AgentProblem, AgentUnreachable, UploadCutOff } from './agent-problem.js';
import { ANSWER_MS, callServer } from './call-server.js';
import { type MultipartBody, multipart } from './multipart.js';
import { type RetryOptions, withRetry } from './retry.js';
import { Watchdog } from './watchdog.js';

/** Who an agent is, as `enrol` told it. */
export interface AgentIdentity {
  ingestUrl: string;
  agentId: string;
  apiKey: string;
}

export interface HeartbeatReading {
  at: string;
  bootId: string;
  sequence: number;
  status: (typeof HEARTBEAT_STATUSES)[number];
  deploymentId?: string;
  specHash?: string;
  counters?: Record<string, number>;
}

/** The form fields of an upload. */
export interface UploadFields {
  type: ArtifactType;
  capturedAt: string;
  specHash?: string;
  deploymentId?: string;
  bootId?: string;
  sequence?: number;
  /** Of the file's bytes; lets the server notice damage, and lets us skip what it has. */
  sha256: string;
}

export interface UploadResult {
  artifact: Artifact;
  deduplicated: boolean;
}

export interface UploadOptions {
  onProgress?: (sent: number, total: number) => void;
  retry?: RetryOptions;
}

/** How long a client waits. */
export interface ClientPatience {
  /** For the answer to a call without a file; default 10 s. */
  answerMs?: number;
  /** Without any progress of an upload, which has no limit in all; default 60 s. */
  stallMs?: number;
}

/**
 * The calls of one agent. All of them throw an AgentProblem when refused and an AgentUnreachable without an answer, after what can
 * be tried again was tried again; and the reason of `retry.signal` when that calls them off.
 */
export class AgentClient {
  private readonly base: string;
  private readonly patience: Required<ClientPatience>;

  constructor(
    private readonly identity: AgentIdentity,
    { answerMs = ANSWER_MS, stallMs = 60_000 }: ClientPatience = {},
  ) {
    this.base = `${identity.ingestUrl}/api/v1/agents/${identity.agentId}`;
    this.patience = { answerMs, stallMs };
  }

  async heartbeat(reading: HeartbeatReading, retry?: RetryOptions): Promise<void> {
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(reading) };
    await withRetry(() => this.call('heartbeats', init, this.watch(retry)), retry);
  }

  /** This agent's own record of those bytes, if there is one. */
  async findArtifact(sha256: string, retry?: RetryOptions): Promise<Artifact | undefined> {
    try {
      return await withRetry(() => this.call<Artifact>(`artifacts/by-digest/${sha256}`, {}, this.watch(retry)), retry);
    } catch (error) {
      if (error instanceof AgentProblem && error.status === 404) return undefined;
      throw error;
    }
  }

  /**
   * Uploads a file, unless the server has it whole from this agent already, and under that number: else the number would be missed.
   * The file is streamed and read again for each try.
   */
  async upload(path: string, fields: UploadFields, options: UploadOptions = {}): Promise<UploadResult> {
    const known = await this.findArtifact(fields.sha256, options.retry);
    if (known && isSameUpload(known, fields)) return { artifact: known, deduplicated: true };
    const { size } = await stat(path);
    const texts = Object.fromEntries(
      Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
    );
    const read = () => createReadStream(path);
    return withRetry(
      () => this.send(multipart(texts, { name: 'file', fileName: 'artifact', size, read }), options),
      options.retry,
    );
  }

  private async send(body: MultipartBody, { onProgress, retry }: UploadOptions): Promise<UploadResult> {
    const watchdog = new Watchdog(this.patience.stallMs, retry?.signal);
    let begun = false;
    const tell = (sent: number) => {
      begun = true;
      watchdog.heard();
      onProgress?.(sent, body.length);
    };
    const headers = { 'content-type': body.contentType, 'content-length': String(body.length) };
    const stream = withProgress(body.chunks(), tell) as unknown as RequestInit['body'];
    try {
      return await this.call<UploadResult>('artifacts', { method: 'POST', headers, body: stream, duplex: 'half' }, watchdog);
    } catch (error) {
      throw begun && error instanceof AgentUnreachable ? new UploadCutOff(error.message, { cause: error }) : error;
    }
  }

  private watch(retry?: RetryOptions): Watchdog {
    return new Watchdog(this.patience.answerMs, retry?.signal);
  }

  private call<T>(path: string, init: RequestInit & { duplex?: 'half' }, watchdog: Watchdog): Promise<T> {
    const headers = { ...(init.headers as Record<string, string>), authorization: `Bearer ${this.identity.apiKey}` };
    return callServer<T>(`${this.base}/${path}`, { ...init, headers }, watchdog);
  }
}

/** A record whose blob is damaged is none: the server heals it with what is sent again. */
function isSameUpload(known: Artifact, { type, bootId, sequence }: UploadFields): boolean {
  const isSameNumber = sequence === undefined || (known.bootId === bootId && known.sequence === sequence);
  return known.state === 'stored' && known.type === type && isSameNumber;
}

async function* withProgress(chunks: AsyncIterable<Uint8Array>, tell: (sent: number) => void): AsyncGenerator<Uint8Array> {
  let sent = 0;
  for await (const chunk of chunks) {
    yield chunk;
    sent += chunk.length;
    tell(sent);
  }
}
