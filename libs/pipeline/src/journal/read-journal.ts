import { JournalRecord } from './journal-record.js';
import { LineSplitter } from './ndjson-lines.js';
import { RecordStream } from './record-stream.js';

/** The records of a journal. Throws a SyntaxError naming the line when one is wrong or offsets do not grow. */
export function readJournal(chunks: AsyncIterable<Uint8Array>): RecordStream {
  return new RecordStream(() => readBatches(chunks));
}

async function* readBatches(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<JournalRecord[]> {
  const reader = new BatchReader();
  for await (const chunk of chunks) yield* reader.take((lines) => lines.push(chunk));
  yield* reader.take((lines) => lines.end());
}

class BatchReader {
  private readonly lines = new LineSplitter();
  private line = 0;
  private previous = -1;

  /** The records of the lines that are complete; those before a wrong one are given before it is said. */
  *take(cut: (lines: LineSplitter) => Iterable<Buffer>): Generator<JournalRecord[]> {
    const batch: JournalRecord[] = [];
    try {
      for (const bytes of cut(this.lines)) batch.push(this.read(bytes));
    } catch (error) {
      if (batch.length > 0) yield batch;
      throw error;
    }
    if (batch.length > 0) yield batch;
  }

  private read(bytes: Buffer): JournalRecord {
    this.line += 1;
    const record = atLine(this.line, () => JournalRecord.parse(bytes.toString('utf8')));
    if (record.offset <= this.previous) throw new SyntaxError(`line ${this.line}: offset ${record.offset} does not grow`);
    this.previous = record.offset;
    return record;
  }
}

/** Adds the line number to what a line's decoder throws. */
export function atLine<T>(line: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new SyntaxError(`line ${line}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
