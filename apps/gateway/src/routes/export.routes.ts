import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { canonicalJson, Int, type SealedEntry, readCheckpoint, readExportPage } from '@reenact/contracts';
import { atPath } from '../domain/route.js';
import type { Call } from '../http/call.js';
import { type Route, route } from '../http/route.js';
import { ofLog } from './audit.routes.js';

class ExportQuery {
  /** The first leaf index; default 0. */
  @Int({ optional: true }) from?: number;
  /** One past the last; default the newest checkpoint's size. */
  @Int({ optional: true }) to?: number;
}

/** The log as NDJSON: entries of a range of leaves, then the checkpoint that covers them. */
@Injectable()
export class ExportRoutes {
  readonly routes: Route[] = [
    route({
      method: 'GET',
      path: 'orgs/:o/audit/export',
      summary: 'Sealed entries of a range of leaf indexes, then the checkpoint, as NDJSON',
      place: atPath('read_log'),
      queryType: ExportQuery,
      mediaType: 'application/x-ndjson',
      handle: async (call) => {
        const checkpoint = await call.ask(readCheckpoint, ofLog(call));
        const { from = 0, to = checkpoint.size } = call.query as ExportQuery;
        const lines = exportLines(call, from, Math.min(to, checkpoint.size), checkpoint.note);
        return { headers: { 'Content-Type': 'application/x-ndjson' }, body: Readable.from(lines) };
      },
    }),
  ];
}

async function* exportLines(call: Call, from: number, to: number, checkpoint: string): AsyncGenerator<Buffer> {
  for (let next: number | null = from; next !== null && next < to; ) {
    const page: { items: SealedEntry[]; nextFrom: number | null } = await call.ask(readExportPage, {
      ...ofLog(call),
      from: next,
      to,
    });
    const lines = page.items.map(({ index, leafHash, entry }) => `${canonicalJson({ index, leafHash, entry })}\n`);
    yield Buffer.from(lines.join(''));
    next = page.nextFrom;
  }
  yield Buffer.from(`${canonicalJson({ checkpoint })}\n`);
}
