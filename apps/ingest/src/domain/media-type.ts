const BY_EXTENSION: Record<string, string> = {
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  jsonl: 'application/x-ndjson',
  txt: 'text/plain; charset=utf-8',
  log: 'text/plain; charset=utf-8',
  kv: 'text/plain; charset=utf-8',
};
const BY_FORMAT: Record<string, string> = { ...BY_EXTENSION, text: 'text/plain; charset=utf-8' };
const BYTES = 'application/octet-stream';

/** The media type of one entry of an archive. */
export function entryMediaType(path: string): string {
  return BY_EXTENSION[path.slice(path.lastIndexOf('.') + 1).toLowerCase()] ?? BYTES;
}

/** The media type of an artifact as it is stored. */
export function artifactMediaType(format: string | undefined, compressed: boolean): string {
  if (compressed) return 'application/gzip';
  return BY_FORMAT[format ?? ''] ?? 'application/x-tar';
}
