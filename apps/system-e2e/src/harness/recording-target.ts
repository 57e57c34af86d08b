import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { sha256 } from '@reenact/contracts';

/** A request as it reached the target. */
export interface Seen {
  /** The `Idempotency-Key`; the agent's own calls have none. */
  key: string | undefined;
  method: string;
  path: string;
  body: unknown;
  /** Of the body's bytes. */
  sha256: string;
}

export interface Gate {
  /** Resolves when a request waits at it. */
  reached: Promise<void>;
  /** Lets everything through again. */
  open(): void;
}

/** An HTTP server that writes down every request, and can be told to hold its answers or to fail. */
export class RecordingTarget {
  readonly requests: Seen[] = [];
  /** The status of the answers. */
  status = 201;
  /** Keys that are answered 503 so often before that. */
  readonly failures = new Map<string, number>();
  /** How long it takes before it answers. */
  thinkingMs = 0;
  private gate: { passes: number; opened: Promise<void>; reach: () => void } | undefined;
  private readonly server = createServer((request, response) => void this.answer(request, response));

  static async start(): Promise<RecordingTarget> {
    const target = new RecordingTarget();
    await new Promise<void>((resolve) => target.server.listen(0, '127.0.0.1', resolve));
    return target;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  /** How often each key came, of the requests that replays made. */
  get keys(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { key } of this.requests) if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1);
    return counts;
  }

  /** From now on that many requests are answered; the others are written down, and wait. */
  holdAfter(passes: number): Gate {
    let open: () => void = () => undefined;
    let reach: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const reached = new Promise<void>((resolve) => {
      reach = resolve;
    });
    this.gate = { passes, opened, reach };
    return {
      reached,
      open: () => {
        this.gate = undefined;
        open();
      },
    };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    const text = bytes.toString('utf8');
    const key = request.headers['idempotency-key']?.toString();
    this.requests.push({
      key,
      method: request.method ?? '',
      path: request.url ?? '',
      body: text === '' ? undefined : (JSON.parse(text) as unknown),
      sha256: sha256(bytes),
    });
    const { gate } = this;
    if (gate) {
      gate.passes -= 1;
      if (gate.passes < 0) {
        gate.reach();
        await gate.opened;
      }
    }
    if (this.thinkingMs > 0 && key !== undefined) await delay(this.thinkingMs);
    response.writeHead(this.statusFor(key), { 'content-type': 'application/json' }).end('{}');
  }

  private statusFor(key = ''): number {
    const left = this.failures.get(key) ?? 0;
    if (left === 0) return this.status;
    this.failures.set(key, left - 1);
    return 503;
  }
}
