import { parseSpec, specHash, writeBundle } from '@reenact/pipeline';
import { requestHead } from '../harness/wire.mjs';

/** Of the same length as what takes its place. */
const AGENT = 'agt_00000000000000000000000000';
const FIRST_SEQUENCE = 100_000_000;
const BOUNDARY = 'reenact-bench';
const CAPTURED_AT = '2026-01-01T00:00:00.000Z';
/** Room for manifest, spec and what a tar adds. */
const OVERHEAD = 6 * 1024;

const SPEC = parseSpec({
  apiVersion: 'reenact.dev/v1',
  kind: 'Pipeline',
  name: 'bench',
  model: 'single_ring',
  input: 'orders',
  stages: [{ id: 'ticket', kind: 'map', from: ['orders'], to: 'tickets', value: { number: 'body.number' } }],
});

/**
 * Uploads of an uncompressed bundle of about so many bytes. Each differs from every other in its manifest, so that none is known
 * already; the journal's bytes are shared, so that making one costs the generator nothing.
 */
export class Uploads {
  #made = 0;

  static async of(bytes, environmentId) {
    const uploads = new Uploads();
    const { lines, journal } = makeJournal(bytes - OVERHEAD);
    const head = {
      agentId: AGENT,
      environmentId,
      specHash: specHash(SPEC),
      capturedAt: CAPTURED_AT,
      bootId: 'bench',
      sequence: FIRST_SEQUENCE,
      incident: { title: 'Orders are lost', severity: 'high', fingerprint: 'bench' },
      journal: { lane: 'orders', records: lines },
    };
    const files = [
      { path: 'spec.json', role: 'spec', content: Buffer.from(JSON.stringify(SPEC)) },
      { path: 'journal.ndjson', role: 'journal', content: journal },
    ];
    const { stream } = await writeBundle(head, files, { gzip: false });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    const tar = Buffer.concat(chunks);
    uploads.size = tar.length;
    uploads.#split(tar);
    return uploads;
  }

  /** The pieces of a request, ready to be sent. */
  next(path, { agentId, apiKey }) {
    this.#made += 1;
    const own = Buffer.from(this.#head);
    own.write(agentId, this.#agentAt, 'latin1');
    own.write(String(FIRST_SEQUENCE + this.#made), this.#sequenceAt, 'latin1');
    const length = this.#form.length + this.size + this.#end.length;
    const head = requestHead('POST', path, {
      authorization: `Bearer ${apiKey}`,
      'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
      'content-length': length,
    });
    return [Buffer.concat([head, this.#form, own]), this.#rest, this.#end];
  }

  #form = Buffer.from(
    [
      ['type', 'incident_bundle'],
      ['capturedAt', CAPTURED_AT],
    ]
      .map(([name, value]) => `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
      .join('') +
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="bundle.tar"\r\n` +
      'Content-Type: application/x-tar\r\n\r\n',
  );
  #end = Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
  #head;
  #rest;
  #agentAt;
  #sequenceAt;

  #split(tar) {
    this.#head = tar.subarray(0, 4096);
    this.#rest = tar.subarray(4096);
    this.#sequenceAt = this.#head.indexOf(String(FIRST_SEQUENCE), 0, 'latin1');
    this.#agentAt = this.#head.indexOf(AGENT, 0, 'latin1');
    if (this.#sequenceAt < 0 || this.#agentAt < 0) throw new Error('the manifest is not where it should be');
  }
}

/** Lines as the agent SDK writes them, some 500 bytes each. */
function makeJournal(bytes) {
  const text = 'An order that was taken at the counter and has to reach the kitchen. '.repeat(5);
  const parts = [];
  let size = 0;
  let lines = 0;
  for (;;) {
    const at = new Date(Date.UTC(2026, 0, 1) + lines).toISOString();
    const line = Buffer.from(
      `${JSON.stringify({ offset: lines, at, key: `order-${lines}`, headers: {}, body: { number: lines, text } })}\n`,
    );
    if (size + line.length > bytes) return { lines, journal: Buffer.concat(parts) };
    parts.push(line);
    size += line.length;
    lines += 1;
  }
}
