import { gzipSync } from 'node:zlib';
import { sha256 } from '@reenact/contracts';
import { type RawEntry, chunked, listOf, rawTar } from '../testing/byte-streams.js';
import { AGENT_ID, ENVIRONMENT_ID, journalOf, sampleBundle } from '../testing/sample-bundle.js';
import { ISSUE_TRIAGE } from '../testing/sample-specs.js';
import { encodeJournalEntry } from '../journal/journal-record.js';
import { specHash } from '../spec/spec-hash.js';
import { inspectArtifact } from './inspect-artifact.js';
import { inspectBundle } from './inspect-bundle.js';
import { DEFAULT_ARCHIVE_LIMITS } from './limits.js';
import { openBundle } from './open-bundle.js';

const SPEC = JSON.stringify(ISSUE_TRIAGE);
const JOURNAL = journalOf(5)
  .map((entry) => `${encodeJournalEntry(entry)}\n`)
  .join('');

interface File {
  path: string;
  role: string;
  content: string;
}

const FILES: File[] = [
  { path: 'spec.json', role: 'spec', content: SPEC },
  { path: 'journal.ndjson', role: 'journal', content: JOURNAL },
];

function manifestOf(files: File[], change: Record<string, unknown> = {}): string {
  return JSON.stringify({
    format: 'reenact.bundle/v1',
    agentId: AGENT_ID,
    environmentId: ENVIRONMENT_ID,
    specHash: specHash(ISSUE_TRIAGE),
    capturedAt: '2026-01-02T03:05:00.000Z',
    journal: { lane: 'webhooks', records: 5 },
    files: files.map(({ path, role, content }) => ({ path, role, size: Buffer.byteLength(content), sha256: sha256(content) })),
    ...change,
  });
}

/** A bundle of these files; `entries` replaces what the tar then really has after the manifest. */
function hostile(files: File[], change?: Record<string, unknown>, entries?: RawEntry[]): Promise<Buffer> {
  const real = entries ?? files.map(({ path, content }) => ({ name: path, content }));
  return rawTar([{ name: 'manifest.json', content: manifestOf(files, change) }, ...real]);
}

const honest = FILES.map(({ path, content }) => ({ name: path, content }));
const withFile = (file: File) => [...FILES, file];
const log = (path: string) => withFile({ path, role: 'log', content: 'x' });
const withJournal = (content: string) => [FILES[0], { path: 'journal.ndjson', role: 'journal', content }];

const INCIDENT = { title: 'Tickets are not made', severity: 'high', fingerprint: 'f' };
/** Where a manifest has text. */
const TEXTS: Record<string, (text: string) => Record<string, unknown>> = {
  bootId: (bootId) => ({ bootId }),
  'incident/title': (title) => ({ incident: { ...INCIDENT, title } }),
  'incident/fingerprint': (fingerprint) => ({ incident: { ...INCIDENT, fingerprint } }),
  'incident/labels/a': (a) => ({ incident: { ...INCIDENT, labels: { a } } }),
  'incident/labels': (name) => ({ incident: { ...INCIDENT, labels: { [name]: 'a' } } }),
  'journal/lane': (lane) => ({ journal: { lane, records: 5 } }),
  'journal/streamId': (streamId) => ({ journal: { lane: 'webhooks', records: 5, streamId } }),
  'redactions/0': (text) => ({ redactions: [text] }),
  'redactions/0/path': (path) => ({ redactions: [{ path }] }),
};

const MALFORMED: Record<string, [() => Promise<Buffer>, string, RegExp]> = {
  'a manifest that is not first': [
    () => rawTar([...honest, { name: 'manifest.json', content: manifestOf(FILES) }]),
    'spec.json',
    /first/,
  ],
  'a manifest that is no JSON': [() => rawTar([{ name: 'manifest.json', content: '{' }]), 'manifest.json', /JSON/],
  'an unknown member of the manifest': [() => hostile(FILES, { note: 1 }), 'manifest.json', /note/],
  'a manifest that nests too deep': [
    () => hostile(FILES, { redactions: JSON.parse(`${'['.repeat(1000)}${']'.repeat(1000)}`) as unknown }),
    'manifest.json',
    /deep/,
  ],
  'another format': [() => hostile(FILES, { format: 'reenact.bundle/v2' }), 'manifest.json', /format/],
  'an id of another kind': [() => hostile(FILES, { agentId: ENVIRONMENT_ID }), 'manifest.json', /agentId/],
  'no spec': [() => hostile([FILES[1]]), 'manifest.json', /spec/],
  'two journals': [() => hostile(withFile({ ...FILES[1], path: 'more.ndjson' })), 'manifest.json', /journal/],
  'a journal that the manifest does not describe': [() => hostile(FILES, { journal: undefined }), 'manifest.json', /journal/],
  'a path above': [() => hostile(log('../x')), 'manifest.json', /dot segments/],
  'an absolute path': [() => hostile(log('/etc/passwd')), 'manifest.json', /absolute/],
  'a drive': [() => hostile(log('C:x')), 'manifest.json', /absolute/],
  'a backslash': [() => hostile(log('a\\..\\x')), 'manifest.json', /backslash/],
  'a NUL': [() => hostile(log('a\0b')), 'manifest.json', /control/],
  'a path named twice': [() => hostile([...log('x'), { path: 'x', role: 'log', content: 'x' }]), 'manifest.json', /twice/],
  'a case clash in the manifest': [
    () => hostile([...log('LOG'), { path: 'log', role: 'log', content: 'x' }]),
    'manifest.json',
    /case/,
  ],
  'a hash of another spec': [() => hostile(FILES, { specHash: sha256('x') }), 'spec.json', /hash/],
  'a wrong digest': [
    () => hostile(FILES, {}, [{ name: 'spec.json', content: SPEC.replace('triage', 'tRiage') }, honest[1]]),
    'spec.json',
    /hash|sha256/,
  ],
  'a wrong digest of a log': [() => hostile(log('l'), {}, [...honest, { name: 'l', content: 'y' }]), 'l', /sha256/],
  'a wrong size': [() => hostile(log('l'), {}, [...honest, { name: 'l', content: 'xx' }]), 'l', /bytes/],
  'an entry that is not named': [() => hostile(FILES, {}, [...honest, { name: 'more', content: '' }]), 'more', /not named/],
  'an entry that is missing': [() => hostile(FILES, {}, [honest[0]]), 'journal.ndjson', /not there/],
  'an entry twice': [() => hostile(FILES, {}, [...honest, honest[0]]), 'spec.json', /another entry/],
  'a case clash in the tar': [() => hostile(FILES, {}, [...honest, { name: 'SPEC.json' }]), 'SPEC.json', /case/],
  'a second manifest': [
    () => hostile(FILES, {}, [...honest, { name: 'manifest.json', content: '{}' }]),
    'manifest.json',
    /another entry/,
  ],
  'a symlink': [
    () => hostile(FILES, {}, [{ name: 'spec.json', type: 'symlink', linkname: '/etc/passwd' }, honest[1]]),
    'spec.json',
    /symlink/,
  ],
  'a hard link': [() => hostile(FILES, {}, [...honest, { name: 'l', type: 'link', linkname: 'spec.json' }]), 'l', /link/],
  'a directory': [() => hostile(FILES, {}, [{ name: 'd', type: 'directory' }, ...honest]), 'd', /directory/],
  'a fifo': [() => hostile(FILES, {}, [{ name: 'f', type: 'fifo' }, ...honest]), 'f', /fifo/],
  'a path above in the tar': [() => hostile(FILES, {}, [{ name: '../x', content: '' }, ...honest]), '../x', /dot segments/],
  'a path from a pax header': [() => hostile(FILES, {}, [{ name: 'x', pax: { path: '/abs' } }, ...honest]), '/abs', /absolute/],
  'journal lines that are no JSON': [
    () => hostile(withJournal(JOURNAL.replace('{"offset":2', '{"offset":2x'))),
    'journal.ndjson',
    /line 3/,
  ],
  'a journal that goes back': [() => hostile(withJournal(JOURNAL.replace('"offset":3', '"offset":1'))), 'journal.ndjson', /grow/],
  'a journal of another length': [
    () => hostile(FILES, { journal: { lane: 'webhooks', records: 6 } }),
    'journal.ndjson',
    /5 records/,
  ],
  'an empty journal line': [() => hostile(withJournal(JOURNAL.replace('\n', '\n\n'))), 'journal.ndjson', /empty/],
  'a journal line that is too long': [
    () => hostile(withJournal(JOURNAL.replace('"issue":{', `"x":"${'x'.repeat(4 * 1024 * 1024)}","issue":{`))),
    'journal.ndjson',
    /longer/,
  ],
  'outcomes that are none': [() => hostile(withFile({ path: 'o', role: 'outcomes', content: '{"offset":1}\n' })), 'o', /line 1/],
  'bytes after the end': [async () => Buffer.concat([await hostile(FILES), Buffer.alloc(512, 1)]), '', /./],
  'an end that is not whole': [async () => Buffer.concat([await hostile(FILES), Buffer.alloc(100)]), 'journal.ndjson', /end/],
};

describe('inspect-bundle', () => {
  it('takes the honest form of these bundles', async () => {
    const facts = await inspectBundle(chunked(await hostile(FILES)));
    expect(facts).toMatchObject({
      journal: { records: 5, firstOffset: 0, lastOffset: 4, offsetGaps: 0 },
      replayable: { ok: true },
    });
  });

  it.each(Object.entries(MALFORMED))('refuses %s', async (name, [make, entry, reason]) => {
    const bytes = await make();
    const failure: unknown = await inspectBundle(chunked(bytes)).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'artifact_malformed',
      options: { members: { reason: expect.stringMatching(reason) } },
    });
    if (name !== 'bytes after the end') expect(failure).toMatchObject({ options: { members: { entry } } });
  });

  it.each(Object.entries(TEXTS))(
    'refuses text that cannot be stored in /%s of the manifest, and takes other',
    async (path, change) => {
      for (const text of ['a\0b', 'a\ud800', '\udc00a']) {
        await expect(inspectBundle(chunked(await hostile(FILES, change(text))))).rejects.toMatchObject({
          code: 'artifact_malformed',
          options: { members: { entry: 'manifest.json', reason: expect.stringMatching(`^/${path} must not`) } },
        });
      }
      await inspectBundle(chunked(await hostile(FILES, change('a\ud83d\ude00b'))));
    },
  );

  it.each([0x81, 0xfe])('refuses a size that cannot be read (%i)', async (first) => {
    const bytes = await hostile(log('l'));
    const header = bytes.lastIndexOf('l\0');
    bytes[header + 124] = first;
    bytes.fill(0x20, header + 148, header + 156);
    const sum = bytes.subarray(header, header + 512).reduce((total, byte) => total + byte, 0);
    bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, header + 148, 'latin1');
    await expect(inspectBundle(chunked(bytes))).rejects.toMatchObject({
      options: { members: { entry: 'l', reason: 'has no readable size' } },
    });
  });

  it('refuses a cut at every 512 bytes, and beside them', async () => {
    const bytes = await hostile(FILES);
    const codes = new Set<string>();
    for (let end = 0; end < bytes.length; end += 512) {
      for (const cut of [end, end + 1, end + 511]) {
        const failure = await inspectBundle(chunked(bytes.subarray(0, cut))).then(
          () => ({ code: `accepted ${cut} of ${bytes.length}` }),
          (error: { code: string }) => error,
        );
        codes.add(failure.code);
      }
    }
    expect([...codes].sort()).toEqual(['artifact_malformed', 'artifact_type_mismatch']);
  });

  it('refuses a cut gzip', async () => {
    const { bytes } = await sampleBundle();
    for (let end = 1; end < bytes.length; end += 37) {
      await expect(inspectBundle(chunked(bytes.subarray(0, end)))).rejects.toMatchObject({
        code: expect.stringMatching(/^artifact_(malformed|type_mismatch)$/),
      });
    }
  });

  it.each([
    ['text', Buffer.from('hello')],
    ['nothing', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(4096)],
    ['gzip of text', gzipSync('hello')],
    ['zip', Buffer.from('PK\x03\x04 and so on')],
  ])('says that %s is no bundle', async (_, bytes) => {
    await expect(inspectBundle(chunked(bytes))).rejects.toMatchObject({ code: 'artifact_type_mismatch' });
  });

  it.each([
    ['maxBytes', { maxBytes: 3000 }],
    ['maxUnpackedBytes', { maxUnpackedBytes: 3000 }],
    ['maxEntries', { maxEntries: 2 }],
  ])('stops at %s', async (limit, change) => {
    const bytes = await hostile(log('l'));
    await expect(inspectBundle(chunked(bytes), { ...DEFAULT_ARCHIVE_LIMITS, ...change })).rejects.toMatchObject({
      code: 'artifact_too_large',
      options: { members: { limit } },
    });
  });

  it('stops a bomb after few bytes', async () => {
    const content = 'x'.repeat(40 * 1024 * 1024);
    const bytes = gzipSync(await hostile(withFile({ path: 'bomb', role: 'log', content })), { level: 9 });
    let taken = 0;
    async function* counting() {
      for await (const chunk of chunked(bytes, [512])) {
        taken += chunk.length;
        yield chunk;
      }
    }
    await expect(inspectBundle(counting())).rejects.toMatchObject({
      code: 'artifact_too_large',
      options: { members: { limit: 'maxRatio' } },
    });
    expect(taken).toBeLessThan(bytes.length / 2);
  });

  it('throws what the source throws', async () => {
    const bytes = (await sampleBundle()).bytes;
    async function* broken() {
      yield bytes.subarray(0, 700);
      throw new Error('connection reset');
    }
    await expect(inspectBundle(broken())).rejects.toThrow('connection reset');
  });

  it('says that a bundle without a journal, or with a spec that cannot run, is not replayable', async () => {
    const without = await inspectBundle(chunked(await hostile([FILES[0]], { journal: undefined })));
    expect(without.replayable).toEqual({ ok: false, code: 'artifact_not_replayable' });
    const kv = 'model=single_ring\n';
    const files = [{ path: 'spec.kv', role: 'spec', content: kv }, FILES[1]];
    expect((await inspectBundle(chunked(await hostile(files, { specHash: sha256(kv) })))).replayable.ok).toBe(false);
  });
});

describe('write-bundle', () => {
  it('fails when an entry changes between hashing and writing', async () => {
    let turn = 0;
    const content = () => {
      turn += 1;
      return chunked(Buffer.from(`turn ${turn}`));
    };
    await expect(sampleBundle({ extra: [{ path: 'l', role: 'log', content }] })).rejects.toThrow(/changed/);
  });

  it('writes no bundle that would be refused', async () => {
    await expect(sampleBundle({ extra: [{ path: '../l', role: 'log', content: Buffer.from('x') }] })).rejects.toMatchObject({
      code: 'artifact_malformed',
    });
  });
});

describe('open-bundle', () => {
  it('notices stored bytes that changed', async () => {
    const { bytes } = await sampleBundle({ gzip: false });
    const at = bytes.indexOf('Issue 7');
    bytes[at] ^= 1;
    const bundle = await openBundle(() => chunked(bytes));
    await expect(listOf(bundle.records())).rejects.toMatchObject({ code: 'artifact_malformed' });
  });

  it('reads what was accepted under wider limits than the default ones', async () => {
    const content = 'x'.repeat(8 * 1024 * 1024);
    const bytes = gzipSync(await hostile(withFile({ path: 'large.log', role: 'log', content })), { level: 9 });
    await expect(inspectBundle(chunked(bytes))).rejects.toMatchObject({ code: 'artifact_too_large' });
    const bundle = await openBundle(() => chunked(bytes));
    expect(await listOf(bundle.records())).not.toHaveLength(0);
    const read = await listOf(bundle.entry('large.log'));
    expect(read.reduce((sum, chunk) => sum + chunk.length, 0)).toBe(content.length);
  });

  it.each([true, false])('reads its manifest from the bytes that have the digest, gzip %s', async (gzip) => {
    const { bytes, manifest } = await sampleBundle({ gzip });
    const other = await sampleBundle({ gzip, journal: journalOf(3) });
    for (const sizes of [[1], [512], [bytes.length]]) {
      const opened = await openBundle(() => chunked(bytes, sizes), sha256(bytes));
      expect(opened.manifest).toEqual(manifest);
    }
    let reads = 0;
    const swapped = () => chunked((reads += 1) === 1 ? bytes : other.bytes, [512]);
    const bundle = await openBundle(swapped, sha256(bytes));
    expect(bundle.manifest).toEqual(manifest);
    await expect(listOf(bundle.records())).rejects.toMatchObject({ code: 'artifact_malformed' });
    expect(reads).toBe(2);
    for (const wrong of [other.bytes, Buffer.from('x'), Buffer.concat([bytes, Buffer.alloc(512)])]) {
      await expect(openBundle(() => chunked(wrong), sha256(bytes))).rejects.toMatchObject({ code: 'digest_mismatch' });
    }
    const none = Buffer.from('no bundle');
    await expect(openBundle(() => chunked(none), sha256(none))).rejects.toMatchObject({ code: 'artifact_malformed' });
  });

  it('throws what the source throws, wherever it breaks', async () => {
    const { bytes } = await sampleBundle({ gzip: false });
    for (const length of [0, 512, 2048, bytes.length - 1, bytes.length]) {
      const broken = async function* () {
        yield* chunked(bytes.subarray(0, length), [512]);
        throw new Error('connection lost');
      };
      await expect(openBundle(broken, sha256(bytes))).rejects.toThrow('connection lost');
    }
  });

  it('knows no other entries', async () => {
    const { bytes } = await sampleBundle();
    const bundle = await openBundle(() => chunked(bytes));
    await expect(listOf(bundle.entry('nothing'))).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('inspect-artifact', () => {
  it.each([
    ['{"a": 1}', 'json'],
    ['{"a": 1}\n{"a": 2}\n', 'ndjson'],
    ['all is well \u2603\n', 'text'],
  ])('takes %j as %s', async (text, format) => {
    expect(await inspectArtifact('snapshot', chunked(Buffer.from(text), [3]))).toMatchObject({
      type: 'snapshot',
      format,
      entries: [],
    });
  });

  it('takes a tar of texts, also packed', async () => {
    const tar = await rawTar([
      { name: 'a.json', content: '{}' },
      { name: 'b/c.log', content: 'line' },
    ]);
    for (const bytes of [tar, gzipSync(tar)]) {
      const facts = await inspectArtifact('diagnostic', chunked(bytes));
      expect(facts).toMatchObject({
        format: 'tar',
        entries: [
          { path: 'a.json', sha256: sha256('{}') },
          { path: 'b/c.log', size: 4 },
        ],
      });
    }
  });

  it.each<[string, () => Promise<Buffer>]>([
    ['bytes', async () => Buffer.from([1, 2, 0xff, 0xfe])],
    ['a NUL', async () => Buffer.from('a\0b')],
    ['a tar of bytes', () => rawTar([{ name: 'a', content: Buffer.from([0xff]) }])],
    ['an incident bundle', () => hostile(FILES)],
  ])('refuses %s', async (_, make) => {
    await expect(inspectArtifact('snapshot', chunked(await make()))).rejects.toMatchObject({ code: 'artifact_type_mismatch' });
  });

  it('refuses nothing at all', async () => {
    await expect(inspectArtifact('snapshot', chunked(Buffer.alloc(0)))).rejects.toMatchObject({ code: 'artifact_malformed' });
  });
});
