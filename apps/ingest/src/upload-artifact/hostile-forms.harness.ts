import { CAPTURED_AT } from '../ingest.harness.js';
import type { HostileFile, Random } from './hostile-archives.harness.js';

/** A request as it goes out: `hangUpAfter` says after how many bytes its sender goes away. */
export interface HostileForm {
  name: string;
  contentType: string;
  body: Buffer;
  hangUpAfter?: number;
}

const BOUNDARY = 'boundary';
const CONTENT_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

type Part = [headers: string, content: Buffer | string];

const field = (name: string, value: string): Part => [`Content-Disposition: form-data; name="${name}"`, value];
const fileAs = (disposition: string, bytes: Buffer | string): Part => [`Content-Disposition: form-data; ${disposition}`, bytes];

/** A form as a client would send it. */
export function honestForm({ name, type, bytes }: HostileFile): HostileForm {
  return { name, contentType: CONTENT_TYPE, body: encode(parts(type, bytes)) };
}

const parts = (type: string, bytes: Buffer | string): Part[] => [
  field('type', type),
  field('capturedAt', CAPTURED_AT),
  fileAs('name="file"; filename="b"', bytes),
];

/** Forms that no client sends. */
const LIES: Record<string, (random: Random, parts: Part[], body: Buffer) => Partial<HostileForm> | Part[]> = {
  'a flipped byte in the head': (random, _parts, body) => {
    const copy = Buffer.from(body);
    copy[random.int(Math.min(300, copy.length))] = random.int(256);
    return { body: copy };
  },
  'an early end': (random, _parts, body) => ({ body: body.subarray(0, random.int(body.length)) }),
  'a sender that leaves': (random, _parts, body) => ({ hangUpAfter: random.int(body.length) }),
  'another boundary': () => ({ contentType: 'multipart/form-data; boundary=other' }),
  'no boundary': (random) => ({
    contentType: random.pick(['multipart/form-data', 'multipart/form-data; boundary=', 'multipart/mixed']),
  }),
  'a boundary that is odd': (random) => ({
    contentType: `multipart/form-data; boundary=${random.pick(['"', '""', 'a'.repeat(5000), '\t', '=', '--', 'boundary; boundary=x'])}`,
  }),
  'the file first': (_random, [type, at, file]) => [file, type, at],
  'fields twice': (_random, [type, at, file]) => [type, type, at, at, file],
  'a field after the file': (_random, some) => [...some, field('bootId', 'late')],
  'many fields': (random, some) => [...Array.from({ length: 10 + random.int(2_000) }, (_, n) => field(`f${n}`, 'x')), ...some],
  'many files': (random, some) => [...some, ...Array.from({ length: 1 + random.int(200) }, () => some[2])],
  'a long name': (random, some) => [field('n'.repeat(1 + random.int(100_000)), 'x'), ...some],
  'a long value': (random, [, ...some]) => [field('type', 'x'.repeat(1 + random.int(200_000))), ...some],
  'a long header': (random, [type, at, [head, bytes]]) => [
    type,
    at,
    [`${head}\r\nX-Long: ${'x'.repeat(random.int(200_000))}`, bytes],
  ],
  'many headers': (random, [type, at, [head, bytes]]) => [type, at, [head + '\r\nX-H: y'.repeat(random.int(5_000)), bytes]],
  'a header that is none': (random, [type, at, [, bytes]]) => [
    type,
    at,
    [random.pick(['', 'nonsense', ':', 'a\0: b', 'Content-Disposition']), bytes],
  ],
  'a name of objects': (random, some) => [
    field(random.pick(['__proto__', 'constructor', 'toString', 'hasOwnProperty']), 'x'),
    ...some,
  ],
  'a file named like objects': (random, [type, at, [, bytes]]) => [
    type,
    at,
    fileAs(`name="${random.pick(['__proto__', 'constructor', 'valueOf'])}"; filename="b"`, bytes),
  ],
  'a field of JSON': (random, some) => [
    [`${field('sequence', '')[0]}\r\nContent-Type: application/json`, random.pick(['{', '1', '"x"', '{"__proto__":1}', ''])],
    ...some,
  ],
  'an odd file name': (random, [type, at, [, bytes]]) => [
    type,
    at,
    fileAs(
      `name="file"; ${random.pick(['filename', 'filename=', 'filename="', "filename*=utf-8''%ff%00", 'filename="../../etc/passwd"'])}`,
      bytes,
    ),
  ],
  'an odd charset': (random, some) => [
    [
      `${field('bootId', '')[0]}\r\nContent-Type: text/plain; charset=${random.pick(['utf-7', 'nonsense', 'utf-16le', '"'])}`,
      random.bytes(40),
    ],
    ...some,
  ],
  'fields of noise': (random, [, at, file]) => [[field('type', '')[0], random.bytes(random.int(900))], at, file],
  'a sequence of noise': (random, [type, at, file]) => [
    type,
    at,
    field('sequence', random.pick(['1e3', '-0', 'NaN', '9'.repeat(17), '9007199254740993', ' 1', '0x10', '\0'])),
    file,
  ],
  nothing: () => ({ body: Buffer.alloc(0) }),
  noise: (random) => ({ body: random.bytes(random.int(2_000)) }),
  'noise after the end': (random, _parts, body) => ({ body: Buffer.concat([body, random.bytes(random.int(3_000))]) }),
};

export function hostileForm(random: Random, file: HostileFile): HostileForm {
  const [name, lie] = random.pick(Object.entries(LIES));
  const some = parts(file.type, file.bytes);
  const body = encode(some);
  const changed = lie(random, some, body);
  const form = { name: `${name}, ${file.name}`, contentType: CONTENT_TYPE, body };
  return Array.isArray(changed) ? { ...form, body: encode(changed) } : { ...form, ...changed };
}

function encode(some: Part[]): Buffer {
  return Buffer.concat([
    ...some.flatMap(([headers, content]) => [
      Buffer.from(`--${BOUNDARY}\r\n${headers}\r\n\r\n`),
      Buffer.from(content as string),
      Buffer.from('\r\n'),
    ]),
    Buffer.from(`--${BOUNDARY}--\r\n`),
  ]);
}
