import { type ObjectStore, openObjectStore } from '@reenact/object-store';
import { temporaryDirectory } from './temporary-directory.js';

/** An empty file-system store of one's own. */
export type TestObjectStore = ObjectStore & {
  /** Where it keeps its files. */
  directory: string;
  cleanup(): Promise<void>;
};

/** Opens a real file-system object store in a directory of its own. */
export async function testObjectStore(): Promise<TestObjectStore> {
  const { path: directory, remove } = temporaryDirectory('objects');
  const store = await openObjectStore({ kind: 'file', directory });
  const cleanup = async () => {
    await store.close();
    remove();
  };
  return Object.assign(store, { directory, cleanup });
}
