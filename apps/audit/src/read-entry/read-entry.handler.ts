import { Injectable } from '@nestjs/common';
import { type ListEntries, type Page, Problem, type ReadEntry, type ReadExportPage, type SealedEntry } from '@reenact/contracts';
import { keysetOf, pageOf, UnitOfWork } from '@reenact/persistence';
import { CheckpointStore } from '../store/checkpoint.store.js';
import { EntryStore } from '../store/entry.store.js';

/** Entries are at most 32 KiB: what was read for one answer always fits into memory, and `pageOf` makes it fit into the answer. */
const EXPORT_ENTRIES = 200;

@Injectable()
export class ReadEntryHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly entries: EntryStore,
    private readonly checkpoints: CheckpointStore,
  ) {}

  async list(request: ListEntries): Promise<Page<SealedEntry>> {
    const { before, limit } = keysetOf(request);
    const index = request.cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(before);
    if (!Number.isSafeInteger(index)) throw new Problem('invalid_query_parameter', { members: { parameter: 'cursor' } });
    const rows = await this.entries.list(this.work, request, index, limit + 1);
    return pageOf(rows, limit, (item) => ({ key: String(item.index), item }));
  }

  read({ log, index }: ReadEntry): Promise<SealedEntry> {
    return this.entries.read(this.work, log, index);
  }

  async exportPage({ log, from, to }: ReadExportPage): Promise<{ items: SealedEntry[]; nextFrom: number | null }> {
    const { size } = await this.checkpoints.newest(this.work, log);
    const end = Math.min(to, size);
    const rows = from < end ? await this.entries.readRange(this.work, log, from, end, EXPORT_ENTRIES) : [];
    const { items } = pageOf(rows, EXPORT_ENTRIES, (item) => ({ key: String(item.index), item }));
    const next = from + items.length;
    return { items, nextFrom: next < end ? next : null };
  }
}
