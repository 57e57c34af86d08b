import { open } from 'node:fs/promises';

/** Writes a new file, mode 0600, and resolves when the disk has it. A file of that name is an error. */
export type WriteDurably = (path: string, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) => Promise<void>;

export const writeDurably: WriteDurably = async (path, chunks) => {
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of chunks) await file.writeFile(chunk);
    await file.sync();
  } finally {
    await file.close();
  }
};
