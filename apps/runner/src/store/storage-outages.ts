import { PassThrough, type Readable } from 'node:stream';
import { Problem } from '@reenact/contracts';
import type { ByteRange, ObjectStore, ObjectWriter } from '@reenact/object-store';

/** A store whose failures are told as `try_later`: that it does not answer says nothing against the run that needs it. */
export class StorageOutages implements ObjectStore {
  constructor(private readonly store: ObjectStore) {}

  write(): Promise<ObjectWriter> {
    return this.store.write().catch(tell);
  }

  put(key: string, bytes: Uint8Array | Readable): Promise<void> {
    return this.store.put(key, bytes).catch(tell);
  }

  async read(key: string, range?: ByteRange): Promise<Readable> {
    const source = await this.store.read(key, range).catch(tell);
    const told = new PassThrough();
    source.on('error', (error) => told.destroy(asProblem(error)));
    told.on('close', () => source.destroy());
    return source.pipe(told);
  }

  stat(key: string): Promise<{ size: number } | undefined> {
    return this.store.stat(key).catch(tell);
  }

  delete(key: string): Promise<void> {
    return this.store.delete(key).catch(tell);
  }

  sweep(now: number): Promise<void> {
    return this.store.sweep(now).catch(tell);
  }

  close(): Promise<void> {
    return this.store.close();
  }
}

function tell(error: unknown): never {
  throw asProblem(error);
}

function asProblem(cause: unknown): Problem {
  return cause instanceof Problem ? cause : new Problem('try_later', { detail: 'the object store does not answer', cause });
}
