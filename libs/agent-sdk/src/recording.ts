import { createReadStream } from 'node:fs';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeJournalEntry, encodeOutcome, type JournalEntry, type Outcome } from '@reenact/pipeline';
import type { Recorder } from './live-run.js';

/** Journal and outcomes of a live run, in two files of a directory. Memory does not grow with their size. */
export class Recording implements Recorder {
  records = 0;

  private constructor(
    private readonly directory: string,
    private readonly journal: FileHandle,
    private readonly outcomes: FileHandle,
  ) {}

  /** Begins a recording; what the directory held of an earlier one is replaced. */
  static async begin(directory: string): Promise<Recording> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const create = (name: string) => open(join(directory, name), 'w', 0o600);
    return new Recording(directory, await create('journal.ndjson'), await create('outcomes.ndjson'));
  }

  async record(entry: JournalEntry): Promise<void> {
    await this.journal.appendFile(`${encodeJournalEntry(entry)}\n`);
    this.records += 1;
  }

  async outcome(outcome: Outcome): Promise<void> {
    await this.outcomes.appendFile(`${encodeOutcome(outcome)}\n`);
  }

  /** Nothing more comes; the files can be read. */
  async end(): Promise<void> {
    await this.journal.close();
    await this.outcomes.close();
  }

  readJournal(): AsyncIterable<Uint8Array> {
    return createReadStream(join(this.directory, 'journal.ndjson'));
  }

  readOutcomes(): AsyncIterable<Uint8Array> {
    return createReadStream(join(this.directory, 'outcomes.ndjson'));
  }
}
