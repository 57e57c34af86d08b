import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { openCheckpoint, signCheckpoint } from './checkpoint.js';
import { leafHash } from './hash.js';
import { NoteError, openNote, parseVerifierKey, signNote, verifierKey } from './note.js';

// The example of golang.org/x/mod/sumdb/note.
const NEUMANN = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const SEED = 'AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
const TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const SIGNED = `${TEXT}\n\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`;

function neumann() {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.from(SEED, 'base64').subarray(1)]);
  return { name: 'PeterNeumann', privateKey: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }) };
}

describe('signed note', () => {
  it('signed note - matches the published example both ways', () => {
    expect(openNote(SIGNED, [parseVerifierKey(NEUMANN)])).toEqual({ text: TEXT, names: ['PeterNeumann'] });
    expect(signNote(TEXT, [neumann()])).toBe(SIGNED);
  });

  it('signed note - refuses every changed character', () => {
    const verifier = parseVerifierKey(NEUMANN);
    for (let i = 0; i < SIGNED.length; i += 1) {
      const bent = `${SIGNED.slice(0, i)}${SIGNED[i] === 'x' ? 'y' : 'x'}${SIGNED.slice(i + 1)}`;
      expect(() => openNote(bent, [verifier])).toThrow(NoteError);
    }
    for (let cut = 0; cut < SIGNED.length; cut += 1) expect(() => openNote(SIGNED.slice(0, cut), [verifier])).toThrow(NoteError);
  });

  it('signed note - ignores signatures of keys it does not know', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const note = signNote(TEXT, [{ name: 'witness.example', privateKey }, neumann()]);
    expect(openNote(note, [parseVerifierKey(NEUMANN)]).names).toEqual(['PeterNeumann']);
    expect(openNote(note, [parseVerifierKey(verifierKey('witness.example', publicKey))]).names).toEqual(['witness.example']);
    expect(() => openNote(note, [])).toThrow(NoteError);
  });

  it('signed note - refuses a verifier key whose hash, type or name is another', () => {
    expect(() => parseVerifierKey(NEUMANN.replace('c74f', 'c74e'))).toThrow(NoteError);
    expect(() => parseVerifierKey(NEUMANN.replace('Peter', 'Pater'))).toThrow(NoteError);
    expect(() => parseVerifierKey(NEUMANN.replace('+AR', '+AQ'))).toThrow(NoteError);
    expect(() => parseVerifierKey(`${NEUMANN}\n`)).toThrow(NoteError);
  });

  it('signed note - signs no text that could hide a signature', () => {
    expect(() => signNote('no newline at the end', [neumann()])).toThrow(NoteError);
    expect(() => signNote('a\u0000b\n', [neumann()])).toThrow(NoteError);
    expect(() => signNote('text\n', [{ ...neumann(), name: 'has space' }])).toThrow(NoteError);
  });
});

describe('checkpoint', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const origin = 'audit.example/org_1';
  const verifier = parseVerifierKey(verifierKey(origin, publicKey));
  const checkpoint = { origin, size: 42, root: leafHash(Buffer.from('x')) };

  it('checkpoint - is read back as it was signed', () => {
    const note = signCheckpoint(checkpoint, { name: origin, privateKey });
    expect(note.startsWith(`${origin}\n42\n${checkpoint.root.toString('base64')}\n\n\u2014 ${origin} `)).toBe(true);
    expect(openCheckpoint(note, origin, [verifier])).toEqual(checkpoint);
  });

  it('checkpoint - of another log, or with a malformed size or root, is refused', () => {
    const note = signCheckpoint({ ...checkpoint, origin: 'audit.example/org_2' }, { name: origin, privateKey });
    expect(() => openCheckpoint(note, origin, [verifier])).toThrow('is of audit.example/org_2');
    for (const text of [
      `${origin}\n042\n${checkpoint.root.toString('base64')}\n`,
      `${origin}\n42\nAAAA\n`,
      `${origin}\n42\n`,
      `${origin}\n-1\nx\n`,
    ]) {
      expect(() => openCheckpoint(signNote(text, [{ name: origin, privateKey }]), origin, [verifier])).toThrow(
        'not a checkpoint',
      );
    }
  });
});
