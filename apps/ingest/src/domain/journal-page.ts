import type { JournalPage } from '@reenact/contracts';
import type { JournalRecord } from '@reenact/pipeline';

/** Leaves room below the 512 KiB of an answer. */
const MAX_PAGE_BYTES = 384 * 1024;
/** A longer record is shown without its body: the entry itself has it. */
const MAX_RECORD_BYTES = 96 * 1024;

/** Collects the records of one page. */
export class JournalPageBuilder {
  private readonly items: object[] = [];
  private bytes = 0;

  constructor(private readonly limit: number) {}

  /** False when the record belongs on the next page. */
  add(record: JournalRecord): boolean {
    const item = shown(record);
    const size = Math.min(record.size, MAX_RECORD_BYTES);
    if (this.items.length >= this.limit || (this.items.length > 0 && this.bytes + size > MAX_PAGE_BYTES)) return false;
    this.items.push(item);
    this.bytes += size;
    return true;
  }

  toPage(nextFrom: number | null): JournalPage {
    return { items: this.items, nextFrom };
  }
}

function shown(record: JournalRecord): object {
  if (record.size <= MAX_RECORD_BYTES) return JSON.parse(record.line) as object;
  const { offset, at, key, size, digest } = record;
  return { offset, at, ...(key !== undefined && { key: key.slice(0, 4096) }), bodyOmitted: { size, sha256: digest } };
}
