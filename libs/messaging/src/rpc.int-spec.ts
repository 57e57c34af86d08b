import { connect } from '@nats-io/transport-node';
import { Controller } from '@nestjs/common';
import { type CallContext, Problem } from '@reenact/contracts';
import { type TestDatabase, type TestNats, testDatabase, testNats } from '@reenact/testing';
import { context, type Harness, Note, readNote, startHarness } from './messaging.harness.js';
import { natsOptions } from './nats-connection.js';
import { Rpc } from './rpc.decorator.js';
import { RpcClient } from './rpc-client.js';

let behave: (request: Note) => Promise<string>;

@Controller()
class Reader {
  @Rpc(readNote)
  async read(request: Note, { actor }: CallContext): Promise<{ text: string; by: string }> {
    return { text: await behave(request), by: actor.id };
  }
}

describe('rpc', () => {
  let database: TestDatabase;
  let nats: TestNats;
  let server: Harness;
  let client: RpcClient;
  const ask = (request: Note = { text: 'a', n: 1 }, timeoutMs?: number) => client.call(readNote, request, context, { timeoutMs });

  beforeAll(async () => {
    [database, nats] = await Promise.all([testDatabase(), testNats()]);
    server = await startHarness({ database, nats, controllers: [Reader] });
    client = server.app.get(RpcClient);
  });

  afterAll(async () => {
    await server.stop();
    await nats.close();
    await database.drop();
  });

  it('rpc - answers with what the method answers, and knows its caller', async () => {
    behave = async ({ text, n }) => `${text}${n}`;
    expect(await ask({ text: 'x', n: 2 })).toEqual({ text: 'x2', by: 'usr_1' });
  });

  it('rpc - a problem crosses as the same problem', async () => {
    behave = async () => {
      throw new Problem('forbidden', { detail: 'no', remedy: 'ask', members: { requiredRole: 'operator' } });
    };
    const problem = await ask().catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(Problem);
    expect((problem as Problem).toDocument()).toEqual(
      new Problem('forbidden', { detail: 'no', remedy: 'ask', members: { requiredRole: 'operator' } }).toDocument(),
    );
  });

  it('rpc - another error crosses as internal, without its text', async () => {
    behave = async () => {
      throw new Error('secret');
    };
    const problem = (await ask().catch((error: unknown) => error)) as Problem;
    expect(problem).toMatchObject({ code: 'internal' });
    expect(JSON.stringify(problem.toDocument())).not.toContain('secret');
  });

  it('rpc - a wrong request is refused, an unknown field is dropped', async () => {
    behave = async (request) => Object.keys(request).sort().join();
    const refused = (await ask({ text: 1, n: 1 } as never).catch((error: unknown) => error)) as Problem;
    expect(refused.code).toBe('validation_failed');
    expect(refused.options.errors?.[0]).toEqual({ path: '/text', message: 'text must be a string' });
    expect((await ask({ text: 'a', n: 1, more: 1 } as never)).text).toBe('n,text');
  });

  it('rpc - an answer over 512 KiB is an error', async () => {
    behave = async () => 'x'.repeat(512 * 1024);
    await expect(ask()).rejects.toMatchObject({ code: 'internal' });
    behave = async () => 'x'.repeat(500 * 1024);
    expect((await ask()).text).toHaveLength(500 * 1024);
  });

  it('rpc - no answer in time and nobody there are both try_later', async () => {
    let release = (_text: string) => {};
    behave = () =>
      new Promise((resolve) => {
        release = resolve;
      });
    await expect(ask(undefined, 100)).rejects.toMatchObject({ code: 'try_later' });
    release('too late');
    const nobody = { ...readNote, service: 'audit' as const, subject: 'rpc.audit.note.read' };
    const started = performance.now();
    await expect(client.call(nobody, { text: 'a', n: 1 }, context)).rejects.toMatchObject({ code: 'try_later' });
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  it('rpc - a request without a caller is refused', async () => {
    const nc = await connect(natsOptions('stranger', nats.url));
    const reply = await nc.request(
      readNote.subject,
      JSON.stringify({ id: '1', pattern: readNote.subject, data: { text: 'a', n: 1 } }),
    );
    await nc.close();
    expect(reply.json()).toMatchObject({ response: { problem: { code: 'internal' } } });
  });

  it('rpc - a contract served twice fails the boot', async () => {
    @Controller()
    class Twin {
      @Rpc(readNote)
      async again(): Promise<{ text: string; by: string }> {
        return { text: '', by: '' };
      }
    }
    await expect(startHarness({ database, nats, controllers: [Reader, Twin] })).rejects.toThrow('rpc.ingest.note.read');
  });

  it('rpc - stopping lets a running request answer', async () => {
    const other = await startHarness({ database, nats, controllers: [Reader], service: 'ingest' });
    await server.stop();
    client = other.app.get(RpcClient);
    let entered = () => {};
    const inside = new Promise<void>((resolve) => {
      entered = resolve;
    });
    behave = async () => {
      entered();
      await new Promise((resolve) => setTimeout(resolve, 300));
      return 'late';
    };
    const asker = await startHarness({ database, nats });
    const answer = asker.app.get(RpcClient).call(readNote, { text: 'a', n: 1 }, context);
    await inside;
    await other.stop();
    expect((await answer).text).toBe('late');
    server = asker;
  });

  it('rpc - goes on after the broker was restarted', async () => {
    behave = async () => 'back';
    const reader = await startHarness({ database, nats, controllers: [Reader] });
    client = reader.app.get(RpcClient);
    await ask();
    await nats.stop();
    await expect(ask(undefined, 500)).rejects.toMatchObject({ code: 'try_later' });
    await nats.start();
    for (let i = 0; ; i += 1) {
      const answer = await ask(undefined, 500).catch((error: unknown) => error);
      if (!(answer instanceof Problem)) break;
      if (i > 20) throw answer;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await reader.stop();
  });
});
