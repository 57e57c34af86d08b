import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '@reenact/contracts';
import type { PlanAction } from '@reenact/pipeline';
import { PlanFiles } from './plan-files.js';
import { sweepScratch } from './sweep-scratch.js';

const action = (index: number, payload: Buffer) =>
  ({ index, payloadSha256: sha256(payload), payloadSize: payload.length }) as PlanAction;

describe('plan-files', () => {
  let scratch: string;
  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), 'reenact-scratch-'));
  });
  afterEach(() => rmSync(scratch, { recursive: true }));

  it('gives back what was recorded, in order', async () => {
    const files = await PlanFiles.create(scratch);
    const payloads = [Buffer.from('one'), Buffer.alloc(0), Buffer.alloc(100_000, 7)];
    for (const [index, payload] of payloads.entries()) await files.record(action(index, payload), payload);
    await files.close();
    const read: Buffer[] = [];
    for await (const { payload } of files.actions()) read.push(await payload());
    expect(read).toEqual(payloads);
    await files.remove();
    expect(readdirSync(scratch)).toEqual([]);
  });

  it('gives out no payload that was changed', async () => {
    const files = await PlanFiles.create(scratch);
    await files.record(action(0, Buffer.from('one')), Buffer.from('one'));
    await files.close();
    writeFileSync(join(scratch, readdirSync(scratch)[0], 'payloads'), 'two');
    for await (const { payload } of files.actions()) await expect(payload()).rejects.toThrow('not what was planned');
    await files.remove();
  });

  it('sweeps what the dead left, and only that', async () => {
    const [dead, alive, other] = ['reenact-run-999999999-a', `reenact-run-${process.pid}-b`, 'something'].map((name) =>
      join(scratch, name),
    );
    for (const path of [dead, alive, other]) mkdirSync(path);
    await sweepScratch(scratch);
    expect([dead, alive, other].map((path) => existsSync(path))).toEqual([false, true, true]);
  });
});
