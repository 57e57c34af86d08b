import { pack } from 'tar-stream';

/** The bytes cut into pieces of the sizes given, over and over. */
export async function* chunked(bytes: Uint8Array, sizes: readonly number[] = [65_536]): AsyncGenerator<Uint8Array> {
  for (let start = 0, turn = 0; start < bytes.length; turn += 1) {
    const size = Math.max(1, sizes[turn % sizes.length]);
    yield bytes.subarray(start, start + size);
    start += size;
  }
}

export async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

export interface RawEntry {
  name: string;
  content?: string | Uint8Array;
  type?: 'file' | 'symlink' | 'link' | 'directory' | 'fifo' | 'character-device' | 'contiguous-file';
  linkname?: string;
  pax?: Record<string, string>;
}

/** A tar exactly as said, however wrong. */
export async function rawTar(entries: readonly RawEntry[]): Promise<Buffer> {
  const tar = pack();
  for (const { name, content = '', type = 'file', linkname, pax } of entries) {
    const header = { name, type, linkname, mtime: new Date(0), ...(pax && { pax }) };
    if (type === 'file') tar.entry(header, typeof content === 'string' ? content : Buffer.from(content));
    else tar.entry(header);
  }
  tar.finalize();
  return collect(tar as AsyncIterable<Uint8Array>);
}
