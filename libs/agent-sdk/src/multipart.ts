import { randomBytes } from 'node:crypto';

export interface MultipartBody {
  contentType: string;
  /** Bytes in all. */
  length: number;
  chunks(): AsyncGenerator<Uint8Array>;
}

interface FilePart {
  name: string;
  fileName: string;
  size: number;
  read: () => AsyncIterable<Uint8Array>;
}

/** A `multipart/form-data` body that streams: fields first, then one file. */
export function multipart(fields: Record<string, string>, file: FilePart): MultipartBody {
  const boundary = `reenact-${randomBytes(18).toString('hex')}`;
  const part = (disposition: string, rest: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n${rest}`;
  const head = Object.entries(fields).map(([name, value]) => part(`name="${name}"`, `\r\n${value}\r\n`));
  head.push(part(`name="${file.name}"; filename="${file.fileName}"`, 'Content-Type: application/octet-stream\r\n\r\n'));
  const before = Buffer.from(head.join(''));
  const after = Buffer.from(`\r\n--${boundary}--\r\n`);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    length: before.length + file.size + after.length,
    async *chunks() {
      yield before;
      yield* file.read();
      yield after;
    },
  };
}
