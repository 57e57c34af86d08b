import type { JournalRecord } from './journal-record.js';

/** Records of a journal. One may be taken after the other, or as many at once as came together, which costs much less. */
export class RecordStream implements AsyncIterable<JournalRecord> {
  constructor(private readonly open: () => AsyncGenerator<JournalRecord[]>) {}

  batches(): AsyncGenerator<JournalRecord[]> {
    return this.open();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<JournalRecord> {
    for await (const batch of this.open()) yield* batch;
  }
}

/** Any records as batches. */
export function batchesOf(records: AsyncIterable<JournalRecord>): AsyncGenerator<JournalRecord[]> {
  return records instanceof RecordStream ? records.batches() : singly(records);
}

async function* singly(records: AsyncIterable<JournalRecord>): AsyncGenerator<JournalRecord[]> {
  for await (const record of records) yield [record];
}
