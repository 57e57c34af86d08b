import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newId } from '@reenact/contracts';
import { AgentClient, type ClientPatience } from './index.js';

export interface StandInAnswer {
  status: number;
  body: object;
  headers?: Record<string, string>;
}

/** The end of the wire that the SDK talks to, answering as a test says; ingest itself is tested with it in system-e2e. */
export class StandIn {
  readonly uploads: Buffer[] = [];
  readonly heartbeats: Record<string, unknown>[] = [];
  answer: (path: string, body: Buffer) => StandInAnswer | undefined = () => undefined;
  /** Takes a request before its body is read; answers whether it did. */
  intercept: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      if (this.intercept(request, response)) return;
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { status, body, headers } = this.take(request.url ?? '', Buffer.concat(chunks));
        response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
      });
    });
  }

  static async start(): Promise<StandIn> {
    const standIn = new StandIn();
    await new Promise<void>((resolve) => standIn.server.listen(0, '127.0.0.1', resolve));
    return standIn;
  }

  client(patience?: ClientPatience): AgentClient {
    const { port } = this.server.address() as AddressInfo;
    return new AgentClient({ ingestUrl: `http://127.0.0.1:${port}`, agentId: newId('agent'), apiKey: 'k' }, patience);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  /** The file in an upload's body. */
  static fileOf(body: Buffer): Buffer {
    const marker = Buffer.from('application/octet-stream\r\n\r\n');
    return body.subarray(body.indexOf(marker) + marker.length, body.lastIndexOf('\r\n--reenact-'));
  }

  private take(path: string, body: Buffer): StandInAnswer {
    const said = this.answer(path, body);
    if (said) return said;
    if (path.includes('by-digest')) return { status: 404, body: { code: 'not_found' } };
    if (path.endsWith('/heartbeats')) {
      this.heartbeats.push(JSON.parse(body.toString()) as Record<string, unknown>);
      return { status: 202, body: {} };
    }
    this.uploads.push(body);
    return { status: 201, body: { artifact: { id: `art_${this.uploads.length}` }, deduplicated: false } };
  }
}
