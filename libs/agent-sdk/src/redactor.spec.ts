import { createHmac } from 'node:crypto';
import { createReadStream, mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRedactedValue, isRedactionToken, newId, sha256 } from '@reenact/contracts';
import { encodeJournalEntry, type JournalEntry, openBundle, parseOutcome, parseSpec } from '@reenact/pipeline';
import fc from 'fast-check';
import { captureIncident, type CapturedEnvironment, Recording, type RedactionRules, Spool } from './index.js';
import { redactJson } from './redact-json.js';
import { redactionKey } from './redaction-key.js';
import { Redactor } from './redactor.js';

const KEY = Buffer.alloc(32, 7);
const at = '2026-11-23T12:00:00.000Z';
const TOKEN = /rdx1_[A-Za-z0-9_-]{43}/;

interface Shown {
  key?: string;
  headers?: Record<string, string>;
  body: { customer: { email: unknown }; items: { sku: unknown }[]; note: string };
  bodyBase64?: string;
}

async function journal(rules: RedactionRules, ...entries: Partial<JournalEntry>[]) {
  const redactor = new Redactor(KEY, rules);
  const text = entries
    .map((entry, offset) => encodeJournalEntry({ offset, at, body: null, ...entry } as JournalEntry))
    .join('\n');
  const lines: string[] = [];
  for await (const line of redactor.journalOf(chunks(text))) lines.push(Buffer.from(line).toString());
  return { lines, shown: lines.map((line) => JSON.parse(line) as Shown), redactions: redactor.redactions };
}
async function* chunks(text: string) {
  yield Buffer.from(`${text}\n`);
}

describe('redactJson', () => {
  it('leaves every byte of any JSON as it is when nothing is to go', () => {
    const none = { replace: () => undefined, text: ({ text }: { text: string }) => text, name: (name: string) => name };
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(undefined, 1, '\t'), (json, space) => {
        const text = JSON.stringify(JSON.parse(json), undefined, space);
        expect(redactJson(text, none)).toBe(text);
      }),
    );
    expect(redactJson('{ "a" : [ 1.0, 1e999,-0 ,"\\u0041" ] }', none)).toBe('{ "a" : [ 1.0, 1e999,-0 ,"\\u0041" ] }');
  });

  it('shows every value with its path', () => {
    const seen: string[] = [];
    redactJson('{"a/b":[{"c":"x"}],"d":null}', {
      replace: (path, raw) => void seen.push(`${path.join(' ')}=${raw}`),
      text: ({ text }) => text,
      name: (name) => name,
    });
    expect(seen).toEqual(['a/b 0 c="x"', 'a/b 0={"c":"x"}', 'a/b=[{"c":"x"}]', 'd=null', '={"a/b":[{"c":"x"}],"d":null}']);
  });
});

describe('Redactor', () => {
  it('puts equal digests in the place of equal values, by pointer', async () => {
    const body = { customer: { email: 'a@b.c', age: 7 }, items: [{ sku: 1 }, { sku: 2.5 }], total: 3 };
    const rules = { journal: ['/body/customer/email', '/body/items/*/sku', '/headers/Authorization', '/key'] };
    const { shown, lines, redactions } = await journal(
      rules,
      { body, key: 'a@b.c', headers: { authorization: 'Bearer x', accept: '*/*' } },
      { body },
    );
    const [first, second] = shown;
    expect(isRedactedValue(first.body.customer.email)).toBe(true);
    expect(first.body.items.every(({ sku }) => isRedactedValue(sku))).toBe(true);
    expect(first.body).toMatchObject({ customer: { age: 7 }, total: 3 });
    expect(isRedactionToken(first.key)).toBe(true);
    expect(first.headers).toEqual({ authorization: expect.stringMatching(TOKEN), accept: '*/*' });
    expect(second.body).toEqual(first.body);
    expect(lines.join('')).not.toContain('a@b.c');
    expect(redactions.sort()).toEqual([
      'journal.ndjson /body/customer/email (pointer)',
      'journal.ndjson /body/items/*/sku (pointer)',
      'journal.ndjson /headers/authorization (pointer)',
      'journal.ndjson /key (pointer)',
    ]);
    const other = new Redactor(Buffer.alloc(32, 8), rules);
    for await (const line of other.journalOf(chunks(lines[0].replace(TOKEN, 'a@b.c').trim()))) expect(line).not.toEqual(lines[0]);
  });

  it('redacts what looks like a secret inside texts, and no digest twice', async () => {
    const rules = { patterns: [/\d{4}-\d{4}/, /[A-Za-z0-9_-]{40,}/] };
    const secret = 'k'.repeat(40);
    const { shown, redactions } = await journal(rules, {
      body: { note: `card 1234-5678, key ${secret}.` },
      key: '1111-2222',
      headers: { h: secret },
    });
    const token = 'rdx1_[A-Za-z0-9_-]{43}';
    expect(shown[0].body.note).toMatch(new RegExp(`^card ${token}, key ${token}\\.$`));
    expect(shown[0].key).toMatch(new RegExp(`^${token}$`));
    expect(shown[0].headers?.h).toMatch(new RegExp(`^${token}$`));
    expect(redactions).toContain('journal.ndjson /body/note (pattern)');
  });

  it('looks into captured bytes', async () => {
    const base64 = (text: string | Uint8Array) => ({ body: undefined, bodyBase64: Buffer.from(text).toString('base64') });
    const rules = { journal: ['/body/email'], patterns: [/secret/] };
    const binary = Buffer.from([0xff, 0xfe, 0x00]);
    const { shown, lines } = await journal(
      rules,
      base64('{"email": "a@b.c", "n": 1.0}'),
      base64('a secret here'),
      base64(binary),
    );
    const decoded = shown.map(({ bodyBase64 = '' }) => Buffer.from(bodyBase64, 'base64'));
    expect(decoded[0].toString()).toMatch(/^\{"email": \{"\$redacted":"rdx1_[A-Za-z0-9_-]{43}"\}, "n": 1\.0\}$/);
    expect(decoded[1].toString()).toMatch(/^a rdx1_[A-Za-z0-9_-]{43} here$/);
    expect(decoded[2]).toEqual(binary);
    const whole = await journal({ journal: ['/body'] }, base64(binary), { body: { a: 1 } });
    expect(Buffer.from(whole.shown[0].bodyBase64 ?? '', 'base64').toString()).toMatch(TOKEN);
    expect(isRedactedValue(whole.shown[1].body)).toBe(true);
    expect(lines).toHaveLength(3);
  });

  it('bounds its list', async () => {
    const body = Object.fromEntries(Array.from({ length: 700 }, (_, n) => [`m${n}`, 'secret']));
    const { redactions } = await journal({ patterns: [/secret/] }, { body });
    expect(redactions).toHaveLength(501);
    expect(redactions.at(-1)).toBe('and 200 more');
  });

  it('redacts names of members, and lists no path that holds one', async () => {
    const body = { 'a@b.c': { 'x 1111-2222': 'a@b.c' }, journal: 1 };
    const rules = { journal: ['/body/a@b.c/x 1111-2222'], patterns: [/\w+@\w\.c/, /\d{4}-\d{4}/, /body|headers|journal/] };
    const base64 = { body: undefined, bodyBase64: Buffer.from('{"a@b.c": [1]}').toString('base64') };
    const { lines, redactions } = await journal(rules, { body, headers: { '1111-2222': 'x' } }, base64);
    const token = 'rdx1_[A-Za-z0-9_-]{43}';
    expect(lines[0]).toMatch(new RegExp(`"body":{"${token}":{"x ${token}":{"\\$redacted":"${token}"}},"${token}":1}`));
    expect(Object.keys((JSON.parse(lines[0]) as Shown).headers ?? {})).toEqual([expect.stringMatching(new RegExp(`^${token}$`))]);
    expect(Buffer.from((JSON.parse(lines[1]) as Shown).bodyBase64 ?? '', 'base64').toString()).toMatch(
      new RegExp(`^{"${token}": \\[1\\]}$`),
    );
    expect(redactions.some((each) => new RegExp(`^journal.ndjson /body/${token}/x ${token} \\(pointer\\)$`).test(each))).toBe(
      true,
    );
    expect(JSON.stringify([lines, redactions])).not.toMatch(/a@b\.c|1111/);
  });

  it('leaves out the digest of a payload that was made of a redacted record', async () => {
    const outcomes = [0, 1, 2].map((offset) => ({
      offset,
      stage: 's',
      n: 0,
      status: 'ok',
      payloadSha256: sha256(String(offset)),
    }));
    const digests = async (carriesOver: boolean) => {
      const redactor = new Redactor(KEY, { patterns: [/secret/] });
      const records = ['plain', 'secret', 'plain'].map((body, offset) => encodeJournalEntry({ offset, at, body }));
      for await (const _line of redactor.journalOf(chunks(records.join('\n'))));
      const shown: (string | undefined)[] = [];
      for await (const line of redactor.outcomesOf(
        chunks(outcomes.map((each) => JSON.stringify(each)).join('\n')),
        carriesOver,
      )) {
        shown.push(parseOutcome(Buffer.from(line).toString()).payloadSha256);
      }
      return { shown, redactions: redactor.redactions };
    };
    const [first, , third] = outcomes.map(({ payloadSha256 }) => payloadSha256);
    expect(await digests(false)).toEqual({
      shown: [first, undefined, third],
      redactions: ['journal.ndjson /body (pattern)', 'outcomes.ndjson /payloadSha256 (redacted input)'],
    });
    expect((await digests(true)).shown).toEqual([first, undefined, undefined]);
  });

  it('hides what a process was told, by name and by form', () => {
    const redactor = new Redactor(KEY, { patterns: [/4444/] });
    const args = [
      'run',
      '--api-key=k1',
      '--password',
      'p1',
      '--verbose',
      'TOKEN=t1',
      'ghp_abc',
      '--url=nats://u:p@h',
      '--id',
      '4444',
    ];
    const env = { PATH: '/bin', DB_PASSWORD: 'x', URL: 'postgres://me:secret@db/x', EMPTY_TOKEN: '' };
    const shown = JSON.parse(redactor.environmentOf({ pid: 1, cwd: '/4444', args, env })) as CapturedEnvironment;
    const hidden = (text: string) => `rdx1_${createHmac('sha256', KEY).update(text).digest('base64url')}`;
    expect(shown).toEqual({
      pid: 1,
      cwd: `/${hidden('4444')}`,
      args: [
        'run',
        `--api-key=${hidden('k1')}`,
        '--password',
        hidden('p1'),
        '--verbose',
        `TOKEN=${hidden('t1')}`,
        hidden('ghp_abc'),
        `--url=${hidden('nats://u:p@h')}`,
        '--id',
        hidden('4444'),
      ],
      env: [
        { name: 'DB_PASSWORD', value: hidden('x') },
        { name: 'EMPTY_TOKEN', value: '' },
        { name: 'PATH', value: '/bin' },
        { name: 'URL', value: hidden('postgres://me:secret@db/x') },
      ],
    });
    expect(redactor.redactions).toEqual(
      [
        ...['/args/1', '/args/3', '/args/5', '/args/6', '/args/7', '/env/DB_PASSWORD', '/env/URL'].map(
          (path) => `${path} (secret)`,
        ),
        ...['/args/*', '/cwd'].map((path) => `${path} (pattern)`),
      ].map((line) => `environment.json ${line}`),
    );
  });

  it('keeps what it redacts of an incident as short as it must be', () => {
    const redactor = new Redactor(KEY, { patterns: [/s\d/] });
    const long = 's1 s2 s3 s4 s5 s6';
    const incident = { title: long, severity: 'low' as const, fingerprint: 'f', labels: { [long]: long, s1: 's2' } };
    const { title, labels = {}, ...rest } = redactor.incidentOf(incident);
    expect([title, ...Object.keys(labels), ...Object.values(labels)]).toEqual(
      Array.from({ length: 5 }, () => expect.stringMatching(/^rdx1_[A-Za-z0-9_-]{43}$/)),
    );
    expect(rest).toEqual({ severity: 'low', fingerprint: 'f' });
  });

  it('refuses rules that cannot be', () => {
    for (const pointer of ['', 'body', '/offset', '/at', '/key/x', '/body/~2']) {
      expect(() => new Redactor(KEY, { journal: [pointer] })).toThrow(TypeError);
    }
  });
});

describe('captureIncident', () => {
  it('lets nothing out that was named, and says what it took', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'redact-'));
    try {
      const spec = parseSpec({
        apiVersion: 'reenact.dev/v1',
        kind: 'Pipeline',
        name: 'p',
        model: 'single_ring',
        input: 'in',
        stages: [{ id: 'all', kind: 'filter', from: ['in'], to: 'out', when: 'true' }],
      });
      const recording = await Recording.begin(join(directory, 'run'));
      await recording.record({ offset: 0, at, body: { email: 'a@b.c', note: 'tok_SECRET1' } });
      await recording.outcome({ offset: 0, stage: 'all', n: 0, status: 'error', error: 'refused tok_SECRET1' });
      await recording.end();
      const spool = new Spool(join(directory, 'spool'));
      const identity = { agentId: newId('agent'), environmentId: newId('environment'), bootId: 'b1', capturedAt: at };
      const labels = { customer: 'tok_SECRET2', tok_SECRET3: 'x' };
      const incident = { title: 'refused tok_SECRET1', severity: 'low' as const, fingerprint: 'f tok_SECRET1', labels };
      const about = { spec, lane: 'in', streamId: 's', incident, snapshot: { last: 'a@b.c', why: 'tok_SECRET1' } };
      const redact = { journal: ['/body/email'], snapshot: ['/last'], patterns: [/tok_\w+/] };
      const name = await captureIncident({ ...identity, ...about, redact }, recording, spool);
      const bundle = await openBundle(() => createReadStream(join(directory, 'spool', `${name}.bin`)));
      expect(bundle.manifest.sequence).toBe(1);
      expect(bundle.manifest.redactions).toEqual(
        expect.arrayContaining([
          'journal.ndjson /body/email (pointer)',
          'journal.ndjson /body/note (pattern)',
          'outcomes.ndjson /error (pattern)',
          'snapshot.json /last (pointer)',
          'snapshot.json /why (pattern)',
          'manifest.json /incident/title (pattern)',
          'manifest.json /incident/fingerprint (pattern)',
          'manifest.json /incident/labels/customer (pattern)',
        ]),
      );
      expect(JSON.stringify(bundle.manifest)).not.toContain('SECRET');
      expect(bundle.manifest.incident?.title).toMatch(/^refused rdx1_[A-Za-z0-9_-]{43}$/);
      const outcomes: (string | undefined)[] = [];
      for await (const { error } of bundle.outcomes() ?? []) outcomes.push(error);
      expect(outcomes).toEqual([expect.stringMatching(/^refused rdx1_[A-Za-z0-9_-]{43}$/)]);
      expect(statSync(join(directory, 'spool.key')).mode & 0o777).toBe(0o600);
      expect(readFileSync(join(directory, 'spool', `${name}.json`), 'utf8')).not.toContain('a@b.c');
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('keeps its key, whoever makes it first, and says when it is damaged', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'redact-'));
    try {
      const path = join(directory, 'spool.key');
      const keys = await Promise.all(Array.from({ length: 5 }, () => redactionKey(path)));
      for (const key of keys) expect(key).toEqual(keys[0]);
      truncateSync(path, 5);
      await expect(redactionKey(path)).rejects.toMatchObject({ code: 'redaction_key_damaged' });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
