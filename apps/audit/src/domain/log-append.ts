import { type AuditEntry, canonicalJson } from '@reenact/contracts';
import { appendToTiles, leafHash, type Tile } from '@reenact/transparency-log';
import type { EntryDraft } from './entry-draft.js';

/** An entry with its place: `bytes` are what the leaf is the hash of. */
export interface PlacedEntry {
  entry: AuditEntry;
  bytes: string;
  leafHash: Buffer;
  draft: EntryDraft;
}

/** What appending these drafts to a log of `size` entries with these edge tiles makes. */
export function placeEntries(size: number, edge: Tile[], drafts: EntryDraft[]): { placed: PlacedEntry[]; tiles: Tile[] } {
  const placed = drafts.map((draft, i) => {
    const entry: AuditEntry = { ...draft.body, index: size + i };
    const bytes = canonicalJson(entry);
    return { entry, bytes, leafHash: leafHash(Buffer.from(bytes)), draft };
  });
  return {
    placed,
    tiles: appendToTiles(
      size,
      edge,
      placed.map((one) => one.leafHash),
    ),
  };
}
