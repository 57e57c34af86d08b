import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '@reenact/contracts';
import type { PlanAction } from '@reenact/pipeline';
import { eventually, testObjectStore } from '@reenact/testing';
import { StoredPlan } from '../read-run/stored-plan.js';
import { PlanRecording } from './plan-recording.js';
import { ownerOf, scratchOwner } from './scratch-owner.js';
import { TOUCH_MS, scratchPrefix, sweepScratch } from './sweep-scratch.js';

/** Its header has line breaks that JSON does not escape, and makes it longer than what is read of a file at once. */
const HEADERS = { 'x-note': `a\u2028b\u2029c\u0085${'\u00e9'.repeat(40_000)}` };
const action = (index: number, payload: Buffer) =>
  ({ index, payloadSha256: sha256(payload), payloadSize: payload.length, headers: HEADERS }) as unknown as PlanAction;

describe('plan-recording', () => {
  let scratch: string;
  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), 'reenact-scratch-'));
  });
  afterEach(() => rmSync(scratch, { recursive: true }));

  it.each([
    ['in memory', 1_000_000, 0],
    ['in files', 1_000, 1],
    ['in files from the first byte on', 0, 1],
  ])('gives back what was recorded %s, in order', async (_where, memoryBytes, directories) => {
    const recording = new PlanRecording(scratch, memoryBytes);
    const payloads = [Buffer.from('one'), Buffer.alloc(0), Buffer.alloc(100_000, 7), Buffer.from('two')];
    for (const [index, payload] of payloads.entries()) await recording.record(action(index, payload), payload);
    await recording.close();
    expect(readdirSync(scratch)).toHaveLength(directories);
    const read: Buffer[] = [];
    for await (const { action: kept, payload } of recording.actions()) {
      expect(kept.headers).toEqual(HEADERS);
      read.push(await payload());
    }
    expect(read).toEqual(payloads);

    const objects = await testObjectStore();
    await recording.publish(objects, 'rpl_1');
    const stored = new StoredPlan(objects);
    expect((await stored.actions('rpl_1', 1, 2)).map(({ index }) => index)).toEqual([1, 2]);
    const { key, range } = await stored.payload('rpl_1', 2);
    expect(Buffer.concat(await (await objects.read(key, range)).toArray())).toEqual(payloads[2]);
    await objects.cleanup();

    await recording.remove();
    expect(readdirSync(scratch)).toEqual([]);
  });

  it('gives out no payload that was changed', async () => {
    const recording = new PlanRecording(scratch, 0);
    await recording.record(action(0, Buffer.from('one')), Buffer.from('one'));
    await recording.close();
    writeFileSync(join(scratch, readdirSync(scratch)[0], 'payloads'), 'two');
    for await (const { payload } of recording.actions()) await expect(payload()).rejects.toThrow('not what was planned');
    await recording.remove();
  });

  it('sweeps what the dead left, and only that', async () => {
    const own = scratchOwner();
    const stranger = ownerOf(['another container']);
    const justBefore = performance.timeOrigin - 60_000;
    const longAgo = performance.timeOrigin - 2 * 86_400_000;
    const left: [name: string, swept: boolean, modified?: number][] = [
      [`reenact-run-${own}-999999999-a`, true],
      [`${scratchPrefix()}b`, false],
      // Of a process before this one that had its number, as in a container.
      [`${scratchPrefix()}c`, true, justBefore],
      [`reenact-run-${own}-${process.ppid}-d`, false, justBefore],
      [`reenact-run-${own}-${process.ppid}-e`, false, longAgo],
      // Alive in a container that shares the directory, for all that is known here.
      [`reenact-run-${stranger}-999999999-f`, false],
      [`reenact-run-${stranger}-${process.pid}-g`, false, justBefore],
      [`reenact-run-${stranger}-${process.ppid}-h`, true, longAgo],
      ['reenact-run-999999999-i', false, justBefore],
      ['reenact-run-999999999-j', true, longAgo],
      ['something', false, longAgo],
    ];
    for (const [name, , modified = Date.now()] of left) {
      mkdirSync(join(scratch, name));
      utimesSync(join(scratch, name), modified / 1000, modified / 1000);
    }
    await sweepScratch(scratch);
    const kept = left.filter(([, swept]) => !swept).map(([name]) => name);
    expect(readdirSync(scratch).sort()).toEqual(kept.sort());
  });

  it('shows that it is at work as long as it is', async () => {
    jest.useFakeTimers({ doNotFake: ['Date', 'performance', 'setTimeout', 'clearTimeout', 'setImmediate', 'nextTick'] });
    try {
      const recording = new PlanRecording(scratch, 0);
      await recording.record(action(0, Buffer.from('one')), Buffer.from('one'));
      await recording.close();
      const [name] = readdirSync(scratch);
      expect(name.startsWith(scratchPrefix())).toBe(true);
      const path = join(scratch, name);
      utimesSync(path, 1, 1);
      jest.advanceTimersByTime(TOUCH_MS);
      await eventually(() => expect(statSync(path).mtimeMs).toBeGreaterThan(performance.timeOrigin));
      await recording.remove();
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });
});
