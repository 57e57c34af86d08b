import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

/** Numbers that follow from a seed (mulberry32). */
export class Random {
  constructor(private state: number) {}

  /** At least 0 and less than `below`. */
  int(below: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.int(items.length)];
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.int(256)));
  }
}

export interface HostileFile {
  name: string;
  type: 'incident_bundle' | 'diagnostic' | 'snapshot';
  bytes: Buffer;
}

type Change = (random: Random, bytes: Buffer) => Buffer;

const BLOCK = 512;
const MIB = 1024 * 1024;
const NAMES = [
  '../x',
  '/etc/passwd',
  'a/../../b',
  'C:\\x',
  'a\0b',
  '.',
  '',
  'MANIFEST.JSON',
  'Spec.json',
  'a'.repeat(100),
  '\u202etxt',
];
const TYPE_FLAGS = ['1', '2', '3', '4', '5', '6', '7', 'g', 'x', 'L', 'K', 'S', 'V', '\0', 'Z'];
/** Text that a database does not keep. */
const UNSTORABLE = ['\0', 'a\0b', '\ud800', 'a\udc00b'];
const WORDS = [
  null,
  -1,
  0,
  1e308,
  2 ** 53,
  '',
  'x',
  ...UNSTORABLE,
  [],
  {},
  true,
  '../..',
  'sha256:0',
  { $ref: '#' },
  ['__proto__'],
];

/** Random changes of bytes, as of a broken disk or a fuzzer. */
const CHANGES: Record<string, Change> = {
  flip: (random, bytes) => edited(bytes, (copy) => times(1 + random.int(16), () => flipBit(random, copy))),
  cut: (random, bytes) => bytes.subarray(0, random.int(bytes.length)),
  behead: (random, bytes) => bytes.subarray(1 + random.int(bytes.length - 1)),
  insert: (random, bytes) => splice(bytes, random.int(bytes.length), 0, random.bytes(1 + random.int(1024))),
  remove: (random, bytes) => splice(bytes, random.int(bytes.length), 1 + random.int(1024), Buffer.alloc(0)),
  repeat: (random, bytes) => {
    const at = random.int(bytes.length);
    return splice(bytes, at, 0, bytes.subarray(at, at + BLOCK * (1 + random.int(8))));
  },
  append: (random, bytes) => Buffer.concat([bytes, random.bytes(1 + random.int(2048))]),
  twice: (_random, bytes) => Buffer.concat([bytes, bytes]),
};

/** Lies in the headers of a tar, with checksums that hold. */
const HEADER_LIES: Record<string, (random: Random, header: Buffer) => void> = {
  name: (random, header) => header.fill(0, 0, 100).write(random.pick(NAMES), 0, 100, 'utf8'),
  size: (random, header) =>
    header.write(random.pick(['77777777777', '00000000000', '-0000000001', 'nonsense!!!', '00000001000']), 124, 11, 'latin1'),
  'binary size': (random, header) => random.bytes(12).copy(header.fill(0x80, 124, 125), 125, 0, 11),
  type: (random, header) => header.write(random.pick(TYPE_FLAGS), 156, 1, 'latin1'),
  magic: (random, header) => random.bytes(8).copy(header, 257),
  prefix: (random, header) => header.write(random.pick(NAMES), 345, 155, 'utf8'),
};

/** An archive that is wrong in some way, made of an honest tar. */
export function hostileFile(random: Random, tar: Buffer): HostileFile {
  const kind = random.int(10);
  if (kind < 3) return bundle('tar', change(random, tar));
  if (kind < 5) return bundle('gzip', change(random, gzipSync(tar, { level: random.int(10) })));
  if (kind === 5) return bundle('gzip of', compressed(change(random, tar)));
  if (kind === 6) return bundle('header', lyingHeader(random, tar));
  if (kind < 9) return bundle('manifest', lyingManifest(random, tar));
  return plain(random);
}

/** The bytes up to every so many, of the tar and its gzip. */
export function truncations(tar: Buffer, step: number): HostileFile[] {
  return [tar, gzipSync(tar)].flatMap((bytes, index) =>
    Array.from({ length: Math.ceil(bytes.length / step) }, (_, n): HostileFile => {
      const name = `${index === 0 ? 'tar' : 'gzip'} up to ${n * step}`;
      return { name, type: 'incident_bundle', bytes: bytes.subarray(0, n * step) };
    }),
  );
}

/** Few bytes that become many. They take longer than the others, so that there are few. */
export function bombs(tar: Buffer): HostileFile[] {
  const zeros = gzipSync(Buffer.alloc(96 * MIB), { level: 9 });
  const files = Buffer.concat(Array.from({ length: 12_000 }, (_, n) => headerOf(`f${n}`, 0)));
  const long = '['.repeat(2 * MIB);
  return [
    { name: 'zeros as diagnostic', type: 'diagnostic', bytes: zeros },
    { name: 'zeros as bundle', type: 'incident_bundle', bytes: zeros },
    { name: 'a bomb in a bomb', type: 'diagnostic', bytes: gzipSync(zeros) },
    { name: 'many members', type: 'diagnostic', bytes: Buffer.concat(Array.from({ length: 5_000 }, () => gzipSync(''))) },
    { name: 'many entries', type: 'snapshot', bytes: gzipSync(files) },
    {
      name: 'a bundle of many entries',
      type: 'incident_bundle',
      bytes: gzipSync(Buffer.concat([tar.subarray(0, -1024), files])),
    },
    { name: 'a deep document', type: 'snapshot', bytes: Buffer.from(long) },
    {
      name: 'a deep manifest',
      type: 'incident_bundle',
      bytes: Buffer.concat([entry('manifest.json', long), Buffer.alloc(1024)]),
    },
    { name: 'a line without an end', type: 'diagnostic', bytes: Buffer.alloc(MIB, 'a') },
  ];
}

/** The tar with another manifest than its writer would let pass. */
export function withManifest(tar: Buffer, edit: (manifest: Record<string, unknown>) => void): Buffer {
  const size = sizeOf(tar, 0);
  const rest = tar.subarray(BLOCK + Math.ceil(size / BLOCK) * BLOCK);
  const manifest = JSON.parse(tar.toString('utf8', BLOCK, BLOCK + size)) as Record<string, unknown>;
  edit(manifest);
  return Buffer.concat([entry('manifest.json', JSON.stringify(manifest)), rest]);
}

const bundle = (kind: string, { name, bytes }: { name: string; bytes: Buffer }): HostileFile => ({
  name: `${kind} ${name}`,
  type: 'incident_bundle',
  bytes,
});

function change(random: Random, bytes: Buffer): { name: string; bytes: Buffer } {
  const [name, apply] = random.pick(Object.entries(CHANGES));
  return { name, bytes: apply(random, bytes) };
}

const compressed = ({ name, bytes }: { name: string; bytes: Buffer }) => ({ name, bytes: gzipSync(bytes) });

function lyingHeader(random: Random, tar: Buffer): { name: string; bytes: Buffer } {
  const [name, lie] = random.pick(Object.entries(HEADER_LIES));
  const starts = headersOf(tar);
  const bytes = edited(tar, (copy) => {
    const start = random.pick(starts);
    const header = copy.subarray(start, start + BLOCK);
    lie(random, header);
    writeChecksum(header);
  });
  return { name, bytes };
}

function lyingManifest(random: Random, tar: Buffer): { name: string; bytes: Buffer } {
  let lie = '';
  const bytes = withManifest(tar, (manifest) => {
    const file = random.pick(manifest.files as Record<string, unknown>[]);
    const [name, at] = random.pick<[string, Record<string, unknown>]>([
      ['member', manifest],
      ['file', file],
    ]);
    const member = random.pick(Object.keys(at));
    lie = `${name} ${member}`;
    if (random.int(4) === 0) delete at[member];
    else at[member] = random.int(3) === 0 ? createHash('sha256').update(member).digest('hex') : random.pick(WORDS);
  });
  return { name: lie, bytes };
}

function plain(random: Random): HostileFile {
  const bytes = random.bytes(1 + random.int(4096));
  const head = random.pick([
    Buffer.from([0x1f, 0x8b, 8]),
    Buffer.from('{'),
    Buffer.from('[1,'),
    Buffer.from('\uFEFF'),
    Buffer.alloc(300),
  ]);
  const type = random.pick(['diagnostic', 'snapshot', 'incident_bundle'] as const);
  return { name: `noise as ${type}`, type, bytes: Buffer.concat([head, bytes]) };
}

function headersOf(tar: Buffer): number[] {
  const starts: number[] = [];
  for (let at = 0; at + BLOCK <= tar.length && tar[at] !== 0; at += BLOCK + Math.ceil(sizeOf(tar, at) / BLOCK) * BLOCK)
    starts.push(at);
  return starts;
}

const sizeOf = (tar: Buffer, start: number) => Number.parseInt(tar.toString('latin1', start + 124, start + 136), 8);

function entry(name: string, content: string): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([headerOf(name, bytes.length), bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)]);
}

function headerOf(name: string, size: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0);
  header.write('0000644\0' + '0000000\0' + '0000000\0', 100);
  header.write(`${size.toString(8).padStart(11, '0')}\0${'0'.repeat(11)}\0`, 124);
  header.write('        0', 148);
  header.write('ustar\x0000', 257);
  writeChecksum(header);
  return header;
}

function writeChecksum(header: Buffer): void {
  header.fill(0x20, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}

function edited(bytes: Buffer, edit: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes);
  edit(copy);
  return copy;
}

function flipBit(random: Random, bytes: Buffer): void {
  bytes[random.int(bytes.length)] ^= 1 << random.int(8);
}

function times(count: number, work: () => void): void {
  for (let n = 0; n < count; n += 1) work();
}

function splice(bytes: Buffer, at: number, remove: number, insert: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)]);
}
