import { randomBytes, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { ObjectStore } from './object-store.js';

const MIB = 1024 * 1024;

/** What the suite needs beside the store: a look at everything that lies in it, staged leftovers included. */
export interface ConformanceSubject {
  store: ObjectStore;
  /** Sizes of all objects and unfinished uploads by name. */
  inventory(): Promise<Map<string, number>>;
}

/** What every store promises, whatever it stands on. */
export function objectStoreConformance(subject: () => ConformanceSubject): void {
  const store = () => subject().store;
  const read = async (key: string, range?: { start: number; end?: number }) => buffer(await store().read(key, range));
  const key = () => `blobs/${randomUUID()}`;
  const leftovers = async () => [...(await subject().inventory()).keys()].filter((name) => name.includes('.staging'));

  afterEach(async () => {
    expect(await leftovers()).toEqual([]);
  });

  it.each([0, 1, 5 * MIB, 8 * MIB, 8 * MIB + 1, 21 * MIB])('put and read - %d bytes come back as they were', async (size) => {
    const name = key();
    const bytes = randomBytes(size);
    await store().put(name, bytes);
    expect((await read(name)).equals(bytes)).toBe(true);
    expect(await store().stat(name)).toEqual({ size });
  });

  it('put - takes a stream, and replaces what the key held, of the same size too', async () => {
    const name = key();
    await store().put(name, Readable.from([Buffer.from('one'), Buffer.from('two')]));
    expect((await read(name)).toString()).toBe('onetwo');
    await store().put(name, Buffer.from('abcdef'));
    expect((await read(name)).toString()).toBe('abcdef');
  });

  it('put - a stream that fails leaves the old object and no leftovers', async () => {
    const name = key();
    await store().put(name, Buffer.from('old'));
    const failing = Readable.from(
      (async function* () {
        yield randomBytes(9 * MIB);
        throw new Error('the source broke');
      })(),
    );
    await expect(store().put(name, failing)).rejects.toThrow('the source broke');
    expect((await read(name)).toString()).toBe('old');
  });

  it.each([100, 17 * MIB])('write - %d bytes are invisible before commit and whole after it', async (size) => {
    const name = key();
    const bytes = randomBytes(size);
    const writer = await store().write();
    await pipeline(Readable.from(pieces(bytes)), writer.stream);
    expect(await store().stat(name)).toBeUndefined();
    await writer.commit(name);
    expect((await read(name)).equals(bytes)).toBe(true);
    await writer.abort();
    expect(await store().stat(name)).toEqual({ size });
  });

  it('write - commit ends a stream that was not ended', async () => {
    const name = key();
    const writer = await store().write();
    writer.stream.write('half');
    await writer.commit(name);
    expect((await read(name)).toString()).toBe('half');
  });

  it.each([100, 17 * MIB])('finish - %d bytes stay invisible; commit shows them, abort leaves nothing of them', async (size) => {
    const [name, bytes] = [key(), randomBytes(size)];
    const write = async () => {
      const writer = await store().write();
      await pipeline(Readable.from(pieces(bytes)), writer.stream, { end: false });
      await Promise.all([writer.finish(), writer.finish()]);
      return writer;
    };
    const before = await subject().inventory();
    await (await write()).abort();
    expect(await subject().inventory()).toEqual(before);
    const writer = await write();
    expect(await store().stat(name)).toBeUndefined();
    await writer.commit(name);
    expect((await read(name)).equals(bytes)).toBe(true);
  });

  it('write - a chunk may be used again once it was taken', async () => {
    const name = key();
    const chunk = Buffer.alloc(MIB);
    const writer = await store().write();
    for (const value of [1, 2, 3]) {
      chunk.fill(value);
      await new Promise<void>((resolve, reject) => writer.stream.write(chunk, (error) => (error ? reject(error) : resolve())));
    }
    await writer.commit(name);
    const stored = await read(name);
    expect([0, 1, 2].map((n) => stored.subarray(n * MIB, (n + 1) * MIB).every((byte) => byte === n + 1))).toEqual([
      true,
      true,
      true,
    ]);
  });

  it.each([100, 17 * MIB])('abort - leaves nothing of %d bytes, in mid-stream too, and may be called twice', async (size) => {
    const before = await subject().inventory();
    const writer = await store().write();
    await pipeline(Readable.from(pieces(randomBytes(size))), writer.stream, { end: false });
    await writer.abort();
    await writer.abort();
    expect(await subject().inventory()).toEqual(before);
  });

  it.each([100, 9 * MIB])(
    'commit - keeps an object of %d bytes that is there already, and replaces one of another size',
    async (size) => {
      const name = key();
      const first = randomBytes(size);
      await store().put(name, first);
      const same = await store().write();
      same.stream.end(randomBytes(size));
      await same.commit(name);
      expect((await read(name)).equals(first)).toBe(true);
      const other = await store().write();
      other.stream.end('shorter');
      await other.commit(name);
      expect((await read(name)).toString()).toBe('shorter');
    },
  );

  it('replace - takes the place of an object of the same size', async () => {
    const name = key();
    const second = randomBytes(100);
    await store().put(name, randomBytes(100));
    const writer = await store().write();
    writer.stream.end(second);
    await writer.replace(name);
    expect((await read(name)).equals(second)).toBe(true);
  });

  it('sweep - leaves a running writer and every object alone', async () => {
    const [kept, name] = [key(), key()];
    await store().put(kept, Buffer.from('kept'));
    const writer = await store().write();
    writer.stream.write(randomBytes(9 * MIB));
    await store().sweep(Date.now());
    await writer.commit(name);
    expect([await store().stat(kept), await store().stat(name)]).toEqual([{ size: 4 }, { size: 9 * MIB }]);
  });

  it('commit - many at once under one key leave one whole object', async () => {
    const name = key();
    const bytes = randomBytes(9 * MIB);
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        const writer = await store().write();
        await pipeline(Readable.from(pieces(bytes)), writer.stream);
        await writer.commit(name);
      }),
    );
    expect((await read(name)).equals(bytes)).toBe(true);
  });

  it('read - ranges: inside, to the end, past the end', async () => {
    const name = key();
    await store().put(name, Buffer.from('0123456789'));
    expect((await read(name, { start: 2, end: 5 })).toString()).toBe('234');
    expect((await read(name, { start: 7 })).toString()).toBe('789');
    expect((await read(name, { start: 8, end: 50 })).toString()).toBe('89');
    for (const range of [{ start: 10 }, { start: 3, end: 3 }, { start: -1 }, { start: 5, end: 4 }, { start: 0.5 }]) {
      await expect(store().read(name, range)).rejects.toMatchObject({ code: 'range_not_satisfiable' });
    }
  });

  it('read - a reader that stops early lets go', async () => {
    const name = key();
    await store().put(name, randomBytes(9 * MIB));
    for await (const chunk of await store().read(name)) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    expect((await read(name)).length).toBe(9 * MIB);
  });

  it('delete - leaves the object alone once its signal is aborted', async () => {
    const name = key();
    await store().put(name, Buffer.from('x'));
    await expect(store().delete(name, AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
    expect(await store().stat(name)).toEqual({ size: 1 });
    await store().delete(name, new AbortController().signal);
    expect(await store().stat(name)).toBeUndefined();
  });

  it('absent objects - not_found, undefined, and no error on delete', async () => {
    const name = key();
    await expect(store().read(name)).rejects.toMatchObject({ code: 'not_found' });
    await expect(store().read(name, { start: 0, end: 1 })).rejects.toMatchObject({ code: 'not_found' });
    expect(await store().stat(name)).toBeUndefined();
    await store().delete(name);
    await store().put(name, Buffer.from('x'));
    await store().delete(name);
    expect(await store().stat(name)).toBeUndefined();
    await expect(store().read('blobs')).rejects.toMatchObject({ code: 'not_found' });
  });

  it.each([
    '',
    '/a',
    'a/',
    'a//b',
    '../a',
    'a/../b',
    'a/./b',
    '.staging/a',
    'a\\b',
    'a\0b',
    'a b',
    'ä',
    `a/${'x'.repeat(201)}`,
    'a/'.repeat(300),
  ])('keys - %j is refused by every call', async (bad) => {
    await expect(store().put(bad, Buffer.from('x'))).rejects.toThrow(TypeError);
    await expect(store().read(bad)).rejects.toThrow(TypeError);
    await expect(store().stat(bad)).rejects.toThrow(TypeError);
    await expect(store().delete(bad)).rejects.toThrow(TypeError);
    const writer = await store().write();
    writer.stream.end('x');
    await expect(writer.commit(bad)).rejects.toThrow(TypeError);
    await writer.abort();
  });
}

function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 300_000) yield bytes.subarray(at, at + 300_000);
}
