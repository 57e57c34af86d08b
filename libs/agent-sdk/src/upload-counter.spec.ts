import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeDirectory } from './sync-directory.js';
import { UploadCounter } from './upload-counter.js';

let directory: string;
/** The names in a directory that a power cut would leave. */
let onDisk: Map<string, string[]>;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'upload-counter-'));
  onDisk = new Map();
  const paths = [directory, join(directory, 'a'), join(directory, 'a', 'b')];
  const handle = await open(directory);
  jest.spyOn(Object.getPrototypeOf(handle) as FileHandle, 'sync').mockImplementation(async function (this: FileHandle) {
    const { ino } = await this.stat();
    const path = paths.find((each) => existsSync(each) && statSync(each).ino === ino);
    if (path !== undefined) onDisk.set(path, readdirSync(path));
  });
  await handle.close();
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(directory, { recursive: true, force: true });
});

describe('UploadCounter', () => {
  it('gives no number before the disk has it', async () => {
    const counter = new UploadCounter(directory);
    for (const number of [1, 2, 3]) {
      expect(await counter.next('b1')).toBe(number);
      expect(onDisk.get(directory)).toEqual([expect.stringMatching(new RegExp(`^counter-[0-9a-f]{16}-${number}-0$`))]);
    }
    await counter.addGap();
    expect(onDisk.get(directory)).toEqual([expect.stringMatching(/-3-1$/)]);
    expect([await counter.last('b1'), await counter.last('b2')]).toEqual([3, 0]);
  });
});

describe('makeDirectory', () => {
  it('makes each directory on the way, and waits for the disk to have it', async () => {
    const path = join(directory, 'a', 'b');
    await makeDirectory(path);
    await makeDirectory(path);
    expect([...onDisk.values()]).toEqual([['b'], ['a']]);
  });
});
