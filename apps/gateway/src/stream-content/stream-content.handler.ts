import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { type BlobReference, evidenceOpened } from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import type { ObjectStore } from '@reenact/object-store';
import { UnitOfWork } from '@reenact/persistence';
import { readUnpacked, type UnpackedRange, verified } from '@reenact/pipeline';
import { newUuid } from '@reenact/contracts';
import { OBJECT_STORE } from '../gateway.tokens.js';
import type { Answer, Call } from '../http/call.js';
import { parseRange } from './byte-range.js';

/** Streams stored bytes to the caller: the owner has authorised and referred to them, the bytes never cross NATS. */
@Injectable()
export class StreamContentHandler {
  constructor(
    @Inject(OBJECT_STORE) private readonly store: ObjectStore,
    private readonly work: UnitOfWork,
    private readonly outbox: Outbox,
  ) {}

  async stream(call: Call, reference: BlobReference, fileName: string): Promise<Answer> {
    const headers: Record<string, string> = {
      'Content-Type': reference.mediaType,
      // Evidence is other people's bytes: never rendered on our origin.
      'Content-Disposition': `attachment; filename="${fileName.replace(/[^\w.-]/g, '_')}"`,
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'private, no-store',
    };
    const inner = reference.unpackedRange ?? reference.range ?? { start: 0, end: reference.size };
    const size = inner.end - inner.start;
    const range = parseRange(call.request.headers.range, size);
    headers['Accept-Ranges'] = 'bytes';
    headers['Content-Length'] = String(range ? range.end - range.start : size);
    if (range) headers['Content-Range'] = `bytes ${range.start}-${range.end - 1}/${size}`;
    const wanted = range ? { start: inner.start + range.start, end: inner.start + range.end } : inner;
    const body = wanted.end > wanted.start ? await this.open(reference, wanted) : Readable.from([]);
    return { status: range ? 206 : 200, headers, body };
  }

  /** NDJSON: a first line, then the lines of a stored object, as `change` lets them through. */
  async streamAfter(
    firstLine: string,
    reference: BlobReference,
    change: (lines: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array> = (lines) => lines,
  ): Promise<Readable> {
    const rest = reference.size > 0 ? await this.store.read(reference.key, reference.range) : Readable.from([]);
    return Readable.from(concat(`${firstLine}\n`, change(rest)));
  }

  /** A stored JSON document, whole: for those that have a bound. */
  async read<T>(reference: BlobReference): Promise<T> {
    const bytes = await (await this.store.read(reference.key, reference.range)).toArray();
    return JSON.parse(Buffer.concat(bytes).toString('utf8'));
  }

  /** Leaves the mark that somebody opened evidence; before the bytes leave. */
  async recordOpening(call: Call, artifactId: string, path?: string): Promise<void> {
    const { orgId, projectId, environmentId } = call.scope;
    const data = { artifactId, ...(path !== undefined && { path }) };
    const draft = { contract: evidenceOpened, data, orgId, projectId, environmentId, aggregate: { id: newUuid(), version: 1 } };
    await this.work.run((tx) => this.outbox.add(tx, call.context, [draft]));
  }

  /** A whole entry of a compressed archive is checked while it leaves; a damaged one never comes to its end. */
  private async open({ key, range, unpackedRange, sha256 }: BlobReference, wanted: UnpackedRange): Promise<Readable> {
    if (!unpackedRange) return this.store.read(key, wanted);
    const bytes = readUnpacked(await this.store.read(key, range), wanted);
    const whole = wanted.start === unpackedRange.start && wanted.end === unpackedRange.end;
    return Readable.from(whole && sha256 !== undefined ? verified(bytes, 'the entry', sha256) : bytes, { objectMode: false });
  }
}

async function* concat(first: string, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield Buffer.from(first);
  yield* rest;
}
