import { mkdir, mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileObjectStore } from './file-object-store.js';
import { objectStoreConformance } from './object-store.conformance.js';
import { openObjectStore } from './open-object-store.js';

const HOUR = 60 * 60 * 1000;

describe('file object store', () => {
  let directory: string;
  let store: FileObjectStore;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'reenact-objects-'));
    store = await FileObjectStore.open(directory, Date.now());
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const inventory = async () => {
    const found = new Map<string, number>();
    for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile()) found.set(path, (await stat(path)).size);
    }
    return found;
  };
  objectStoreConformance(() => ({ store, inventory }));

  it('open - removes staged files of crashed writers by age, keeps running ones and objects', async () => {
    const home = join(directory, 'second');
    await mkdir(join(home, '.staging'), { recursive: true });
    const [old, young] = [join(home, '.staging', 'old'), join(home, '.staging', 'young')];
    await writeFile(old, 'x');
    await writeFile(young, 'x');
    await writeFile(join(home, 'kept'), 'x');
    const now = Date.now();
    await utimes(old, (now - 7 * HOUR) / 1000, (now - 7 * HOUR) / 1000);
    const second = await openObjectStore({ kind: 'file', directory: home });
    expect(await readdir(join(home, '.staging'))).toEqual(['young']);
    expect(await second.stat('kept')).toEqual({ size: 1 });
    await rm(home, { recursive: true });
  });

  it('write - a directory that cannot be written fails the commit and leaves no staged file', async () => {
    await writeFile(join(directory, 'plain'), 'a file where a directory is wanted');
    const writer = await store.write();
    writer.stream.end('x');
    await expect(writer.commit('plain/below')).rejects.toThrow();
    await writer.abort();
    await expect(store.read('plain/below')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('open - refuses a directory that is a dangling link', async () => {
    const link = join(directory, 'dangling');
    await symlink('/nonexistent/reenact', link);
    await expect(FileObjectStore.open(link, Date.now())).rejects.toThrow();
    await rm(link);
  });
});
