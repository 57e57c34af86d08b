import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A fresh directory that any user may enter (PostgreSQL runs as one of its own), and how to remove it. */
export function temporaryDirectory(label: string): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), `reenact-${label}-`));
  chmodSync(path, 0o755);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
