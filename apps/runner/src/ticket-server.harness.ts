import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  method: string;
  url: string;
  key: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** A real target: remembers what arrived, answers as told. */
export class TicketServer {
  readonly seen: SeenRequest[] = [];
  /** The status of the n-th request (from 1); undefined never answers. */
  answer: (n: number, request: SeenRequest) => number | undefined | Promise<number> = () => 201;
  private readonly server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      void this.respond(request, response, Buffer.concat(chunks).toString());
    });
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
  }

  /** Nobody listens at its port any more, until it is opened again; what was accepted before is answered. */
  async unreachable(): Promise<{ reopen(): Promise<void> }> {
    const { port } = this.server.address() as AddressInfo;
    const closed = new Promise((resolve) => this.server.close(resolve));
    return {
      reopen: async () => {
        await closed;
        await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
      },
    };
  }

  /** How often each effect arrived. */
  counts(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { key } of this.seen) counts.set(key, (counts.get(key) ?? 0) + 1);
    return counts;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async respond(request: IncomingMessage, response: ServerResponse, body: string): Promise<void> {
    const seen: SeenRequest = {
      method: request.method ?? '',
      url: request.url ?? '',
      key: String(request.headers['idempotency-key'] ?? ''),
      headers: request.headers,
      body,
    };
    const status = await this.answer(this.seen.push(seen), seen);
    if (status === undefined) return;
    response.writeHead(status, status >= 300 && status < 400 ? { location: 'http://127.0.0.1:1/elsewhere' } : {});
    response.end('{"ok":true}');
  }
}
