import { InexactNumber } from '../expression/exact-json.js';
import { chunked, listOf } from '../testing/byte-streams.js';
import { JournalRecord, encodeJournalEntry } from './journal-record.js';
import { readJournal } from './read-journal.js';
import { encodeOutcome, parseOutcome, readOutcomes } from './read-outcomes.js';

const AT = '2026-01-02T03:04:05.678Z';

describe('journal-record', () => {
  it('reads a record; header names are lower-cased', () => {
    const record = JournalRecord.of({ offset: 3, at: AT, key: 'k', headers: { 'X-Event': 'push' }, body: { a: [1] } });
    expect(record).toMatchObject({ offset: 3, at: AT, key: 'k', headers: { 'x-event': 'push' }, body: { a: [1] } });
  });

  it('gives the captured bytes: of base64, else the text as it is written', () => {
    const bytes = Buffer.from([0, 255, 1]);
    expect(JournalRecord.of({ offset: 0, at: AT, bodyBase64: bytes.toString('base64') }).rawBody.equals(bytes)).toBe(true);
    const line = `{"offset":0,"at":"${AT}","headers":{"body":"no"},"body": {"b" : 1.0,"n":12345678901234567890} }`;
    const record = JournalRecord.parse(line);
    expect(record.rawBody.toString()).toBe('{"b" : 1.0,"n":12345678901234567890}');
    expect(record.rawBody).toBe(record.rawBody);
    expect((record.body as { n: unknown }).n).toEqual(new InexactNumber('12345678901234567890'));
  });

  it('sees JSON in a base64 body, and bytes where there is none', () => {
    const of = (text: string | Uint8Array) =>
      JournalRecord.of({ offset: 0, at: AT, bodyBase64: Buffer.from(text).toString('base64') });
    expect(of('{"a":1}').body).toEqual({ a: 1 });
    expect(of(Buffer.from([255])).body).toEqual(Buffer.from([255]));
  });

  it.each([
    ['no JSON', 'x'],
    ['no object', '[]'],
    ['no offset', `{"at":"${AT}","body":1}`],
    ['a negative offset', `{"offset":-1,"at":"${AT}","body":1}`],
    ['an offset that is not exact', `{"offset":9007199254740993,"at":"${AT}","body":1}`],
    ['no time', '{"offset":1,"body":1}'],
    ['a wrong time', '{"offset":1,"at":"yesterday","body":1}'],
    ['no body', `{"offset":1,"at":"${AT}"}`],
    ['two bodies', `{"offset":1,"at":"${AT}","body":1,"bodyBase64":""}`],
    ['broken base64', `{"offset":1,"at":"${AT}","bodyBase64":"a"}`],
    ['an unknown member', `{"offset":1,"at":"${AT}","body":1,"more":1}`],
    ['headers that are no texts', `{"offset":1,"at":"${AT}","body":1,"headers":{"a":1}}`],
  ])('refuses %s', (_, line) => {
    expect(() => JournalRecord.parse(line)).toThrow();
  });
});

describe('read-journal', () => {
  const lines = [0, 1, 5].map((offset) => encodeJournalEntry({ offset, at: AT, body: `\u2603${offset}` }));

  it.each([[[1]], [[7, 3]], [[1000]]])('reads lines cut into %j', async (sizes) => {
    for (const end of ['', '\n']) {
      const records = await listOf(readJournal(chunked(Buffer.from(lines.join('\n') + end), sizes)));
      expect(records.map(({ body }) => body)).toEqual(['\u26030', '\u26031', '\u26035']);
    }
  });

  it('names the line that is wrong', async () => {
    const read = (text: string) => listOf(readJournal(chunked(Buffer.from(text))));
    await expect(read(`${lines[0]}\n{`)).rejects.toThrow(/^line 2: /);
    await expect(read(`${lines[1]}\n${lines[0]}\n`)).rejects.toThrow('line 2: offset 0 does not grow');
    await expect(read(`${lines[1]}\n${lines[1]}\n`)).rejects.toThrow('does not grow');
    await expect(read(`${lines[0]}\n\n${lines[1]}`)).rejects.toThrow('line 2 is empty');
    await expect(listOf(readJournal(chunked(Buffer.from([0x7b, 0xff, 0x7d]))))).rejects.toThrow('line 1 is not UTF-8');
  });
});

describe('outcomes', () => {
  it('are read back as they were written', async () => {
    const outcomes = [
      { offset: 1, stage: 'a', n: 0, status: 'ok' as const, payloadSha256: `sha256:${'0'.repeat(64)}` },
      { offset: 1, stage: 'a', n: 1, status: 'error' as const, error: 'HTTP 503' },
    ];
    expect(await listOf(readOutcomes(chunked(Buffer.from(outcomes.map(encodeOutcome).join('\n')))))).toEqual(outcomes);
  });

  it.each(['{}', '{"offset":1,"stage":"a","n":0,"status":"done"}', '{"offset":1,"stage":"a","n":0,"status":"ok","x":1}'])(
    'refuse %s',
    (line) => {
      expect(() => parseOutcome(line)).toThrow(SyntaxError);
    },
  );
});
