/** Whether bytes begin with the header of a POSIX or GNU tar. */
export function looksLikeTar(head: Buffer): boolean {
  return head.length >= 512 && head.toString('latin1', 257, 262) === 'ustar';
}

/** The first 512 bytes (fewer when there are no more), and all bytes again from the beginning. */
export async function withHead(bytes: AsyncGenerator<Buffer>): Promise<[Buffer, AsyncGenerator<Buffer>]> {
  const chunks: Buffer[] = [];
  let size = 0;
  while (size < 512) {
    const next = await bytes.next();
    if (next.done) break;
    chunks.push(next.value);
    size += next.value.length;
  }
  const head = Buffer.concat(chunks);
  return [head.subarray(0, 512), rejoin(head, bytes)];
}

async function* rejoin(head: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    if (head.length > 0) yield head;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}
