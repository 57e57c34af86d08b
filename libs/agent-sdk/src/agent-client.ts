import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Artifact, ArtifactType, HEARTBEAT_STATUSES } from '@reenact/contracts';
import { AgentProblem, AgentUnreachable, readAnswer } from './agent-problem.js';
import { multipart } from './multipart.js';
import { type RetryOptions, withRetry } from './retry.js';

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

/** The calls of one agent. All of them throw an AgentProblem when refused and an AgentUnreachable without an answer, after what can
 * be tried again was tried again. */
export class AgentClient {
  private readonly base: string;

  constructor(private readonly identity: AgentIdentity) {
    this.base = `${identity.ingestUrl}/api/v1/agents/${identity.agentId}`;
  }

  async heartbeat(reading: HeartbeatReading, retry?: RetryOptions): Promise<void> {
    await withRetry(
      async () => readAnswer(await this.fetch('heartbeats', { method: 'POST', body: JSON.stringify(reading) })),
      retry,
    );
  }

  /** This agent's own record of those bytes, if there is one. */
  async findArtifact(sha256: string, retry?: RetryOptions): Promise<Artifact | undefined> {
    try {
      return await withRetry(async () => readAnswer<Artifact>(await this.fetch(`artifacts/by-digest/${sha256}`)), retry);
    } catch (error) {
      if (error instanceof AgentProblem && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Uploads a file, unless the server has it from this agent already, and under that number: else the number would be missed. The file is streamed and read again for each try. */
  async upload(path: string, fields: UploadFields, options: UploadOptions = {}): Promise<UploadResult> {
    const known = await this.findArtifact(fields.sha256, options.retry);
    if (known && isSameUpload(known, fields)) return { artifact: known, deduplicated: true };
    const { size } = await stat(path);
    const texts = Object.fromEntries(
      Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
    );
    return withRetry(async () => {
      const body = multipart(texts, { name: 'file', fileName: 'artifact', size, read: () => createReadStream(path) });
      const response = await this.fetch('artifacts', {
        method: 'POST',
        headers: { 'content-type': body.contentType },
        body: withProgress(body.chunks(), body.length, options.onProgress) as unknown as RequestInit['body'],
        duplex: 'half',
      });
      return readAnswer<UploadResult>(response);
    }, options.retry);
  }

  /** Throws an AgentUnreachable when no answer came. */
  private async fetch(path: string, init: RequestInit & { duplex?: 'half' } = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${this.identity.apiKey}`);
    if (typeof init.body === 'string') headers.set('content-type', 'application/json');
    return AgentUnreachable.whenLost(() => fetch(`${this.base}/${path}`, { ...init, headers }));
  }
}

function isSameUpload(known: Artifact, { type, bootId, sequence }: UploadFields): boolean {
  return known.type === type && (sequence === undefined || (known.bootId === bootId && known.sequence === sequence));
}

async function* withProgress(
  chunks: AsyncIterable<Uint8Array>,
  total: number,
  tell: UploadOptions['onProgress'],
): AsyncGenerator<Uint8Array> {
  let sent = 0;
  for await (const chunk of chunks) {
    yield chunk;
    sent += chunk.length;
    tell?.(sent, total);
  }
}
