import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { CredentialError } from './credential-error.js';
import { pae, signEnvelope, verifyEnvelope } from './dsse.js';

const TYPE = 'application/vnd.example+json';
const pair = (keyid: string) => ({ keyid, ...generateKeyPairSync('ed25519') });
const [a, b, stranger] = [pair('a'), pair('b'), pair('stranger')];

const faultOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof CredentialError) return error.fault;
    throw error;
  }
  return 'none';
};

describe('dsse', () => {
  it('dsse - encodes as the specification shows', () => {
    expect(pae('http://example.com/HelloWorld', Buffer.from('hello world')).toString()).toBe(
      'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
    );
    expect(pae('é', Buffer.from([0xff])).toString('latin1')).toBe(`DSSEv1 2 ${Buffer.from('é').toString('latin1')} 1 \xff`);
  });

  it('dsse - gives back what was signed, and who signed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (payload) => {
        const result = verifyEnvelope(signEnvelope(TYPE, payload, [a]), { payloadType: TYPE, keys: [b, a] });
        expect(result).toEqual({ payload: Buffer.from(payload), keyids: ['a'] });
      }),
    );
  });

  it('dsse - refuses every changed character of payload, type and signature', () => {
    const envelope = signEnvelope(TYPE, Buffer.from('{"amount":1}'), [a]);
    const bend = (text: string, i: number) => text.slice(0, i) + (text[i] === 'A' ? 'B' : 'A') + text.slice(i + 1);
    const verify = (changed: object) => () => verifyEnvelope({ ...envelope, ...changed }, { payloadType: TYPE, keys: [a] });
    for (let i = 0; i < envelope.payload.length; i += 1)
      expect(verify({ payload: bend(envelope.payload, i) })).toThrow(CredentialError);
    for (let i = 0; i < TYPE.length; i += 1) expect(verify({ payloadType: bend(TYPE, i) })).toThrow(CredentialError);
    const [{ sig }] = envelope.signatures;
    for (let i = 0; i < sig.length; i += 1) {
      expect(verify({ signatures: [{ keyid: 'a', sig: bend(sig, i) }] })).toThrow(CredentialError);
      expect(verify({ signatures: [{ keyid: 'a', sig: sig.slice(0, i) }] })).toThrow(CredentialError);
    }
    expect(verify({})).not.toThrow();
  });

  it('dsse - binds the type: the same payload under another type does not hold', () => {
    const envelope = signEnvelope('application/other', Buffer.from('x'), [a]);
    const relabelled = { ...envelope, payloadType: TYPE };
    expect(faultOf(() => verifyEnvelope(envelope, { payloadType: TYPE, keys: [a] }))).toBe('type_mismatch');
    expect(faultOf(() => verifyEnvelope(relabelled, { payloadType: TYPE, keys: [a] }))).toBe('signature_invalid');
  });

  it('dsse - takes the key id as a hint only', () => {
    const envelope = signEnvelope(TYPE, Buffer.from('x'), [{ ...a, keyid: 'b' }]);
    expect(verifyEnvelope(envelope, { payloadType: TYPE, keys: [a, b] }).keyids).toEqual(['a']);
    const forged = signEnvelope(TYPE, Buffer.from('x'), [{ ...stranger, keyid: 'a' }]);
    expect(faultOf(() => verifyEnvelope(forged, { payloadType: TYPE, keys: [a, b] }))).toBe('signature_invalid');
    const unknown = signEnvelope(TYPE, Buffer.from('x'), [stranger]);
    expect(faultOf(() => verifyEnvelope(unknown, { payloadType: TYPE, keys: [a, b] }))).toBe('key_unknown');
    expect(faultOf(() => verifyEnvelope(unknown, { payloadType: TYPE, keys: [] }))).toBe('key_unknown');
  });

  it('dsse - counts different keys, not signatures or names', () => {
    const options = { payloadType: TYPE, threshold: 2 };
    const both = signEnvelope(TYPE, Buffer.from('x'), [a, b]);
    const twice = signEnvelope(TYPE, Buffer.from('x'), [a, { ...a, keyid: 'b' }]);
    expect(verifyEnvelope(both, { ...options, keys: [a, b] }).keyids).toEqual(['a', 'b']);
    expect(faultOf(() => verifyEnvelope(twice, { ...options, keys: [a, b] }))).toBe('signature_invalid');
    expect(faultOf(() => verifyEnvelope(twice, { ...options, keys: [a, { ...a, keyid: 'b' }] }))).toBe('signature_invalid');
    expect(faultOf(() => verifyEnvelope(twice, { payloadType: TYPE, keys: [b], threshold: 0 }))).toBe('signature_invalid');
  });

  it('dsse - refuses unknown members, wrong shapes and base64 that is not canonical', () => {
    const envelope = signEnvelope(TYPE, Buffer.from('xy'), [a]);
    const [signature] = envelope.signatures;
    const wrong: unknown[] = [
      null,
      'text',
      [],
      { ...envelope, extra: 1 },
      { ...envelope, signatures: [] },
      { ...envelope, signatures: {} },
      { ...envelope, signatures: Array.from({ length: 17 }, () => signature) },
      { ...envelope, signatures: [{ ...signature, cert: '' }] },
      { ...envelope, signatures: [{ sig: signature.sig }] },
      { ...envelope, signatures: [{ keyid: 7, sig: signature.sig }] },
      { ...envelope, payload: `${envelope.payload}\n` },
      { ...envelope, payload: envelope.payload.replaceAll('=', '') },
      { ...envelope, payload: 'eHl=' },
      { payloadType: TYPE, signatures: envelope.signatures },
    ];
    for (const value of wrong) expect(faultOf(() => verifyEnvelope(value, { payloadType: TYPE, keys: [a] }))).toBe('malformed');
  });
});
