import { SHA256_PATTERN } from '@reenact/contracts';
import { Faults } from '../decoding/faults.js';
import { ObjectReader } from '../decoding/object-reader.js';
import { OUTCOME_STATUSES, type Outcome } from './outcome.js';
import { ndjsonLines } from './ndjson-lines.js';
import { atLine } from './read-journal.js';

/** The outcomes of an outcomes file, in the order of its lines. Throws a SyntaxError naming the line when one is wrong. */
export async function* readOutcomes(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Outcome> {
  let line = 0;
  for await (const bytes of ndjsonLines(chunks)) {
    line += 1;
    yield atLine(line, () => parseOutcome(bytes.toString('utf8')));
  }
}

/** Reads an outcomes line strictly. Throws a SyntaxError. */
export function parseOutcome(line: string): Outcome {
  const faults = new Faults();
  const reader = ObjectReader.of(JSON.parse(line) as unknown, '', faults);
  if (!reader) throw new SyntaxError(faults.first);
  const payloadSha256 = reader.optionalText('payloadSha256', {
    max: 71,
    pattern: SHA256_PATTERN,
    meaning: 'must be sha256:<hex>',
  });
  const error = reader.optionalText('error', { min: 0, max: 4096 });
  const outcome: Outcome = {
    offset: reader.integer('offset', 0, Number.MAX_SAFE_INTEGER),
    stage: reader.text('stage', { max: 64 }),
    n: reader.integer('n', 0, Number.MAX_SAFE_INTEGER),
    status: reader.word('status', OUTCOME_STATUSES),
    ...(payloadSha256 !== undefined && { payloadSha256 }),
    ...(error !== undefined && { error }),
  };
  reader.end();
  if (faults.any) throw new SyntaxError(faults.first);
  return outcome;
}

/** The outcomes line of an outcome, without its end. */
export function encodeOutcome(outcome: Outcome): string {
  const { offset, stage, n, status, payloadSha256, error } = outcome;
  return JSON.stringify({
    offset,
    stage,
    n,
    status,
    ...(payloadSha256 !== undefined && { payloadSha256 }),
    ...(error !== undefined && { error: error.slice(0, 4096) }),
  });
}
