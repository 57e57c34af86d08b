import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { canonicalJson, sha256 } from '@reenact/contracts';
import type { UploadFields } from './agent-client.js';

/** What a sidecar holds: the fields of the upload, the file's size, and a digest of both. */
interface Sidecar {
  v: 1;
  size: number;
  fields: UploadFields;
  check: string;
}

/** An entry of the spool that is not what was written. */
export class DamagedEntry extends Error {
  override readonly name = 'DamagedEntry';
}

export function encodeSidecar(fields: UploadFields, size: number): string {
  return JSON.stringify({ v: 1, size, fields, check: checkOf(fields, size) } satisfies Sidecar);
}

/** The fields of an entry whose file is whole: its size and digest are those of the sidecar. Throws a DamagedEntry. */
export async function readEntry(path: string): Promise<UploadFields> {
  const { fields, size } = decodeSidecar(await readFile(`${path}.json`, 'utf8'));
  const file = await stat(`${path}.bin`).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new DamagedEntry('its file is missing');
    throw error;
  });
  if (size !== undefined && file.size !== size) throw new DamagedEntry(`its file has ${file.size} bytes, not ${size}`);
  if ((await digestOf(`${path}.bin`)) !== fields.sha256) throw new DamagedEntry('its file has another digest');
  return fields;
}

function decodeSidecar(text: string): { fields: UploadFields; size?: number } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new DamagedEntry('its fields are not JSON');
  }
  // Entries of the first layout were the fields alone.
  if (isObject(json) && typeof json.sha256 === 'string') return { fields: json as unknown as UploadFields };
  const { fields, size, check } = (isObject(json) ? json : {}) as Partial<Sidecar>;
  if (!isObject(fields) || typeof size !== 'number' || check !== checkOf(fields, size)) {
    throw new DamagedEntry('its fields are not those that were written');
  }
  return { fields, size };
}

function checkOf(fields: UploadFields, size: number): string {
  return sha256(canonicalJson({ fields, size }));
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return `sha256:${hash.digest('hex')}`;
}

function isObject(value: unknown): value is Record<string, unknown> & UploadFields {
  return typeof value === 'object' && value !== null;
}
