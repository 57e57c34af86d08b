import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import {
  type ArtifactEntry,
  type BlobReference,
  type JournalPage,
  type ListArtifactEntries,
  type Page,
  Problem,
} from '@reenact/contracts';
import type { ObjectStore } from '@reenact/object-store';
import { UnitOfWork } from '@reenact/persistence';
import { positionOf, readJournal, readUnpacked } from '@reenact/pipeline';
import { encodePosition, positionsOf } from '@reenact/service-kit';
import { placeOf } from '../domain/entry-place.js';
import { JournalPageBuilder } from '../domain/journal-page.js';
import { artifactMediaType, entryMediaType } from '../domain/media-type.js';
import { OBJECT_STORE } from '../ingest.tokens.js';
import type { ArtifactRow } from '../domain/artifact-row.js';
import { ArtifactStore, type StoredEntry } from '../store/artifact.store.js';

/** Where the bytes of an artifact's row are. */
export function blobKeyOf({ org_id, sha256 }: { org_id: string; sha256: string }): string {
  return `blobs/${org_id}/${sha256.slice('sha256:'.length)}`;
}

/** References to evidence; the bytes themselves never cross NATS. */
@Injectable()
export class ContentHandler {
  constructor(
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore,
    private readonly artifacts: ArtifactStore,
    private readonly work: UnitOfWork,
  ) {}

  async referWhole(artifactId: string): Promise<BlobReference> {
    const row = await this.artifacts.find(this.work, artifactId);
    const mediaType = artifactMediaType(row.format, row.compressed);
    return { key: blobKeyOf(row), size: row.size, sha256: row.sha256, mediaType };
  }

  /** In the order of the archive. */
  async listEntries({ artifactId, ...page }: ListArtifactEntries): Promise<Page<ArtifactEntry>> {
    const entries = await this.artifacts.entries(this.work, artifactId);
    const { from, limit } = positionsOf(page);
    const items = entries.slice(from, from + limit).map(({ path, role, size, sha256 }) => ({ path, role, size, sha256 }));
    const next = from + items.length;
    return { items, nextCursor: next < entries.length ? encodePosition(next) : null };
  }

  /** A range of the archive, or of what it gives when it is gunzipped. Throws `not_found`. */
  async referEntry(artifactId: string, path: string): Promise<BlobReference> {
    const row = await this.artifacts.find(this.work, artifactId);
    const entry = (await this.artifacts.entries(this.work, artifactId)).find((each) => each.path === path);
    if (!entry) throw new Problem('not_found');
    const { size, sha256, start } = entry;
    const place = placeOf(row, { start, end: start + size }, entry.restarts);
    return { key: blobKeyOf(row), size, sha256, ...place, mediaType: entryMediaType(path) };
  }

  /** Throws `artifact_not_replayable` where there is no journal. */
  async readJournal(artifactId: string, from: number, limit: number): Promise<JournalPage> {
    const row = await this.artifacts.find(this.work, artifactId);
    if (row.type !== 'incident_bundle') throw new Problem('artifact_not_replayable', { detail: 'the artifact has no journal' });
    const journal = (await this.artifacts.entries(this.work, artifactId)).find(({ role }) => role === 'journal');
    if (!journal) throw new Problem('artifact_not_replayable', { detail: 'the bundle has no journal' });
    const page = new JournalPageBuilder(limit);
    try {
      for await (const record of readJournal(await this.openJournal(row, journal, from))) {
        if (record.offset < from) continue;
        if (!page.add(record)) return page.toPage(record.offset);
      }
    } catch (error) {
      if (error instanceof SyntaxError) throw new Problem('artifact_malformed', { detail: `${journal.path}: ${error.message}` });
      throw error;
    }
    return page.toPage(null);
  }

  /** From the last known place before the offset on, so that a page costs about the same wherever it is. */
  private async openJournal(row: ArtifactRow, journal: StoredEntry, from: number): Promise<AsyncIterable<Uint8Array>> {
    const { start, size, points = [] } = journal;
    const range = { start: start + positionOf(points, from), end: start + size };
    if (range.start >= range.end) return Readable.from([]);
    const place = placeOf(row, range, journal.restarts);
    const bytes = await this.objects.read(blobKeyOf(row), place.range);
    return place.unpackedRange ? readUnpacked(bytes, place.unpackedRange) : bytes;
  }
}
