import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Problem } from '@reenact/contracts';
import type { ObjectStore } from '@reenact/object-store';
import { StorageOutages } from './storage-outages.js';

const over = (methods: Partial<ObjectStore>) => new StorageOutages(methods as ObjectStore);
const away = () => Promise.reject(new Error('socket hang up'));

describe('storage-outages', () => {
  it('tells what a store fails with as something that passes, and keeps the cause', async () => {
    const store = over({ write: away, put: away, read: away, stat: away, delete: away, sweep: away });
    const calls = [
      () => store.write(),
      () => store.put('a', Buffer.alloc(1)),
      () => store.read('a'),
      () => store.stat('a'),
      () => store.delete('a'),
      () => store.sweep(0),
    ];
    for (const call of calls)
      await expect(call()).rejects.toMatchObject({ code: 'try_later', cause: { message: 'socket hang up' } });
  });

  it('leaves answers as they are', async () => {
    const store = over({ read: () => Promise.reject(new Problem('not_found')), stat: () => Promise.resolve({ size: 3 }) });
    await expect(store.read('a')).rejects.toMatchObject({ code: 'not_found' });
    expect(await store.stat('a')).toEqual({ size: 3 });
  });

  it('tells a stream that breaks off, and lets go of one that nobody reads on', async () => {
    const broken = Readable.from(
      (function* () {
        yield Buffer.from('some');
        throw new Error('reset');
      })(),
    );
    await expect(buffer(await over({ read: () => Promise.resolve(broken) }).read('a'))).rejects.toMatchObject({
      code: 'try_later',
    });
    const source = Readable.from([Buffer.from('one'), Buffer.from('two')]);
    const stream = await over({ read: () => Promise.resolve(source) }).read('a');
    const closed = new Promise((resolve) => source.on('close', resolve));
    stream.destroy();
    await closed;
    expect(source.destroyed).toBe(true);
    const whole = Readable.from([Buffer.from('one'), Buffer.from('two')]);
    expect((await buffer(await over({ read: () => Promise.resolve(whole) }).read('a'))).toString()).toBe('onetwo');
  });
});
