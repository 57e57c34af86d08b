import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';

/** A ticket that was made, as it was asked for. */
export interface Ticket {
  number: number;
  /** The key under which it was made, when the client sent one: the same key again makes no second ticket. */
  key?: string;
  title: string;
}

/**
 * A small HTTP ticket server: `POST /tickets {title}` makes a ticket. It can be told to fail. What it made is kept in a file, so that
 * a killed run finds it again.
 */
export class TicketServer {
  /** Every request that reached it, also those it failed. */
  requests = 0;
  private readonly made: Ticket[];
  private failAfter = Number.POSITIVE_INFINITY;
  private server?: Server;

  constructor(private readonly file: string) {
    mkdirSync(dirname(file), { recursive: true });
    this.made = existsSync(file) ? readLines(file) : [];
  }

  get tickets(): readonly Ticket[] {
    return this.made;
  }

  /** From now on only that many more tickets are made; every other request is answered 503. */
  breakAfter(tickets: number): void {
    this.failAfter = this.made.length + tickets;
  }

  repair(): void {
    this.failAfter = Number.POSITIVE_INFINITY;
  }

  /** Listens on loopback; on the wanted port if it is free. Answers the base URL. */
  async start(wantedPort: number): Promise<string> {
    this.server = createServer((request, response) => void this.answer(request, response));
    const port = await listen(this.server, wantedPort).catch(() => listen(this.server as Server, 0));
    return `http://127.0.0.1:${port}`;
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise<void>((resolve) => (this.server ? this.server.close(() => resolve()) : resolve()));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests += 1;
    const reply = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    const body = await readBody(request);
    if (request.method !== 'POST' || request.url !== '/tickets') return reply(404, { error: 'no such thing' });
    const key = request.headers['idempotency-key']?.toString();
    const known = key === undefined ? undefined : this.made.find((ticket) => ticket.key === key);
    if (known) return reply(200, known);
    if (this.made.length >= this.failAfter) return reply(503, { error: 'the ticket database is gone' });
    const { title } = JSON.parse(body) as { title: string };
    const ticket = { number: this.made.length + 1, ...(key !== undefined && { key }), title };
    this.made.push(ticket);
    appendFileSync(this.file, `${JSON.stringify(ticket)}\n`);
    reply(201, ticket);
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function readLines(file: string): Ticket[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as Ticket);
}
