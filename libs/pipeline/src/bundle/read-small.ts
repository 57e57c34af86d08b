import { malformed } from './archive-problem.js';
import type { TarEntry } from './tar-entries.js';

/** The whole content of a small entry. */
export async function readSmall(entry: TarEntry, max: number): Promise<Buffer> {
  if (entry.size > max) throw malformed(entry.path, `is larger than ${max} bytes`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of entry.bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}
