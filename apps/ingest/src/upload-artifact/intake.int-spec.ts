import { createHash, randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { Writable } from 'node:stream';
import { BLOCK_BYTES } from './blocks.js';
import { HashThread } from './hash-thread.js';
import { Intake } from './intake.js';

describe('intake', () => {
  const hashes = new HashThread();
  afterAll(() => hashes.onApplicationShutdown());

  /** Takes each write a while after it was asked for, as a disk does. */
  const slowSink = (taken: Buffer[]) =>
    new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        void setImmediate().then(() => {
          taken.push(Buffer.from(chunk));
          done();
        });
      },
    });
  async function listOf(chunks: AsyncIterable<Uint8Array>) {
    const list: Uint8Array[] = [];
    for await (const chunk of chunks) list.push(chunk);
    return list;
  }
  async function* cut(bytes: Buffer, size: number) {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }

  it.each([0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES, 5 * BLOCK_BYTES + 7])(
    'hashes, writes and hands on %d bytes, several uploads at once',
    async (size) => {
      const one = async (pieces: number) => {
        const bytes = randomBytes(size);
        const written: Buffer[] = [];
        const intake = new Intake(cut(bytes, pieces), slowSink(written), hashes);
        const seen = await listOf(intake.bytes());
        await intake.drain();
        intake.close();
        expect(intake.digest()).toBe(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
        expect(Buffer.concat(written).equals(bytes)).toBe(true);
        expect(Buffer.concat(seen).equals(bytes)).toBe(true);
      };
      await Promise.all([1000, 65_536, 10 * BLOCK_BYTES].map(one));
    },
  );

  it('tells what the sink throws, and that the hashing thread has ended', async () => {
    const bytes = randomBytes(4 * BLOCK_BYTES);
    const full = new Writable({ write: (_chunk, _encoding, done) => done(new Error('no space left')) });
    full.on('error', () => undefined);
    await expect(new Intake(cut(bytes, 65_536), full, hashes).drain()).rejects.toThrow();
    async function* withoutThread() {
      yield* cut(bytes, 65_536);
      await hashes.onApplicationShutdown();
      yield* cut(bytes, 65_536);
    }
    const reading = new Intake(withoutThread(), slowSink([]), hashes);
    await expect(listOf(reading.bytes())).rejects.toThrow('the hashing thread ended');
    const after = new Intake(cut(bytes, 65_536), slowSink([]), hashes);
    await listOf(after.bytes());
    await after.drain();
    expect(after.digest()).toBe(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
  });
});
