import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { canTestS3, eventually, type TestS3, testS3 } from '@reenact/testing';
import { Readable } from 'node:stream';
import type { ObjectStore } from '@reenact/object-store';
import { CAPTURED_AT, type Harness, startHarness, type TestAgent } from '../ingest.harness.js';
import { OBJECT_STORE } from '../ingest.tokens.js';
import { heldMemory } from './held-memory.harness.js';

const MIB = 1024 * 1024;
const held = async () => (await heldMemory()).arrayBuffers;
const PIECE = Buffer.from(`${randomBytes(MIB / 2 - 1).toString('hex')}\n\n`);
const HEAD = [
  ['type', 'diagnostic'],
  ['capturedAt', CAPTURED_AT],
]
  .map(([name, value]) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
  .join('');

/** Streams a diagnostic of so many MiB, and watches what the process holds meanwhile. */
async function stream(ingest: Harness, agent: TestAgent, mebibytes: number, connectionClosed: () => void = () => undefined) {
  let peak = 0;
  const before = await held();
  async function* form() {
    yield Buffer.from(`${HEAD}--x\r\nContent-Disposition: form-data; name="file"; filename="d"\r\n\r\n`);
    for (let n = 0; n < mebibytes; n++) {
      if (n % 5 === 0) peak = Math.max(peak, (await held()) - before);
      yield PIECE;
    }
    yield Buffer.from('\r\n--x--\r\n');
  }
  const headers = { ...ingest.bearer(agent.key), 'content-type': 'multipart/form-data; boundary=x' };
  const url = `${ingest.url}/api/v1/agents/${agent.id}/artifacts`;
  const { status, text } = await new Promise<{ status?: number; text: string }>((resolve, reject) => {
    const outgoing = request(url, { method: 'POST', headers }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () => resolve({ status: answer.statusCode, text: Buffer.concat(parts).toString() }));
    });
    outgoing.on('error', reject);
    outgoing.on('socket', (socket) => socket.on('close', () => connectionClosed()));
    Readable.from(form()).pipe(outgoing);
  });
  return { status, body: JSON.parse(text) as { code?: string; artifact: { sha256: string; size: number } }, peak };
}

function suite(start: () => Promise<{ ingest: Harness; stop: () => Promise<void> }>): void {
  let ingest: Harness;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    ({ ingest, stop } = await start());
  }, 400_000);
  afterAll(() => stop());

  it('upload-artifact - takes 60 MiB without holding them, and stores every byte', async () => {
    const { status, body, peak } = await stream(ingest, ingest.addAgent(), 60);
    expect([status, body.artifact.size]).toEqual([201, 60 * PIECE.length]);
    expect(peak).toBeLessThan(45 * MIB);
    const hash = createHash('sha256');
    const key = `blobs/${ingest.place.orgId}/${body.artifact.sha256.slice(7)}`;
    for await (const chunk of await ingest.app.get<ObjectStore>(OBJECT_STORE).read(key)) hash.update(chunk as Buffer);
    expect(`sha256:${hash.digest('hex')}`).toBe(body.artifact.sha256);
  });

  it('upload-artifact - answers an upload over the limit while its sender still sends', async () => {
    let closed = false;
    const { status, body } = await stream(ingest, ingest.addAgent(), 80, () => {
      closed = true;
    });
    expect([status, body.code]).toEqual([413, 'artifact_too_large']);
    await eventually(() => expect(closed).toBe(true));
    expect((await ingest.inventory()).artifacts).toBe(1);
  });
}

describe('large uploads into files', () => {
  suite(async () => {
    const ingest = await startHarness();
    return { ingest, stop: () => ingest.stop() };
  });
});

(canTestS3() ? describe : describe.skip)('large uploads into S3', () => {
  suite(async () => {
    const s3: TestS3 = await testS3();
    const ingest = await startHarness(undefined, { kind: 's3', ...s3 });
    const stop = async () => {
      await ingest.stop();
      await s3.close();
    };
    return { ingest, stop };
  });
});
