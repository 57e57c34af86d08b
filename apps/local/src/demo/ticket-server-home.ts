import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TicketServer } from './ticket-server.js';

export interface OpenTicketServer {
  server: TicketServer;
  url: string;
}

/** The ticket server of a home, on the port of the last time where it is free: replays that a killed run left still find it. */
export async function openTicketServer(directory: string): Promise<OpenTicketServer> {
  const portFile = join(directory, 'ticket-server.port');
  const known = existsSync(portFile) ? Number(readFileSync(portFile, 'utf8')) : 0;
  const server = new TicketServer(join(directory, 'tickets.ndjson'));
  const url = await server.start(known);
  writeFileSync(portFile, new URL(url).port);
  return { server, url };
}
