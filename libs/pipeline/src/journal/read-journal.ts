import { JournalRecord } from './journal-record.js';
import { LineScanner } from './line-scanner.js';
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
  private batch: JournalRecord[] = [];
  private line = 0;
  private previous = -1;
  private readonly lines = new LineScanner((bytes, start, end) => this.batch.push(this.read(bytes.toString('utf8', start, end))));

  /** The records of the lines that are complete; those before a wrong one are given before it is said. */
  *take(scan: (lines: LineScanner) => void): Generator<JournalRecord[]> {
    this.batch = [];
    try {
      scan(this.lines);
    } catch (error) {
      if (this.batch.length > 0) yield this.batch;
      throw error;
    }
    if (this.batch.length > 0) yield this.batch;
  }

  private read(line: string): JournalRecord {
    this.line += 1;
    try {
      const record = JournalRecord.parse(line);
      if (record.offset <= this.previous) throw new SyntaxError(`offset ${record.offset} does not grow`);
      this.previous = record.offset;
      return record;
    } catch (error) {
      throw lineError(this.line, error);
    }
  }
}

/** Adds the line number to what a line's decoder throws. */
export function atLine<T>(line: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw lineError(line, error);
  }
}

function lineError(line: number, cause: unknown): SyntaxError {
  return new SyntaxError(`line ${line}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}
