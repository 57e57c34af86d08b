import { HASH_BYTES } from './hash.js';
import { NoteError, type NoteSigner, type NoteVerifier, openNote, signNote } from './note.js';

/** The head of a log: what a C2SP tlog-checkpoint states. */
export interface Checkpoint {
  origin: string;
  size: number;
  root: Buffer;
}

/** The checkpoint as a signed note. */
export function signCheckpoint(checkpoint: Checkpoint, signer: NoteSigner): string {
  return signNote(`${checkpoint.origin}\n${checkpoint.size}\n${checkpoint.root.toString('base64')}\n`, [signer]);
}

/** What a note says, once one of the verifiers is seen to have signed it. Throws a NoteError otherwise, or when the origin is another. */
export function openCheckpoint(note: string, origin: string, verifiers: NoteVerifier[]): Checkpoint {
  const checkpoint = parseCheckpoint(openNote(note, verifiers).text);
  if (checkpoint.origin !== origin) throw new NoteError(`the checkpoint is of ${checkpoint.origin}, not of ${origin}`);
  return checkpoint;
}

/** Reads the text of a checkpoint; lines after the third are extensions and are ignored. Throws a NoteError. */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin, size, root, ...rest] = text.split('\n');
  const hash = Buffer.from(root ?? '', 'base64');
  const wellFormed = origin && /^(0|[1-9]\d{0,15})$/.test(size) && hash.length === HASH_BYTES && hash.toString('base64') === root;
  if (!wellFormed || rest.at(-1) !== '' || !Number.isSafeInteger(Number(size))) throw new NoteError('not a checkpoint');
  return { origin, size: Number(size), root: hash };
}
