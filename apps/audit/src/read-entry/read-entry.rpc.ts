import { Controller } from '@nestjs/common';
import {
  type ListEntries,
  listEntries,
  type Page,
  type ReadEntry,
  readEntry,
  type ReadExportPage,
  readExportPage,
  type SealedEntry,
} from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { ReadEntryHandler } from './read-entry.handler.js';

@Controller()
export class ReadEntryRpc {
  constructor(private readonly handler: ReadEntryHandler) {}

  @Rpc(listEntries)
  list(request: ListEntries): Promise<Page<SealedEntry>> {
    return this.handler.list(request);
  }

  @Rpc(readEntry)
  read(request: ReadEntry): Promise<SealedEntry> {
    return this.handler.read(request);
  }

  @Rpc(readExportPage)
  exportPage(request: ReadExportPage): Promise<{ items: SealedEntry[]; nextFrom: number | null }> {
    return this.handler.exportPage(request);
  }
}
