import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import {
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { canTestS3, type TestS3, testS3 } from '@reenact/testing';
import { objectStoreConformance } from './object-store.conformance.js';
import { S3ObjectStore } from './s3-object-store.js';

const available = canTestS3();

(available ? describe : describe.skip)('S3 object store', () => {
  let server: TestS3;
  let store: S3ObjectStore;
  let client: S3Client;

  beforeAll(async () => {
    server = await testS3();
    store = await S3ObjectStore.open({ ...server, prefix: 'store' }, Date.now());
    const credentials = { accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey };
    client = new S3Client({ endpoint: server.endpoint, region: server.region, forcePathStyle: true, credentials });
  }, 400_000);
  afterAll(async () => {
    client?.destroy();
    await store?.close();
    await server?.close();
  });

  const inventory = async () => {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: server.bucket }));
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: server.bucket }));
    return new Map([
      ...Contents.map(({ Key = '', Size = 0 }): [string, number] => [Key, Size]),
      ...Uploads.map(({ Key = '' }): [string, number] => [`unfinished ${Key}`, 0]),
    ]);
  };
  objectStoreConformance(() => ({ store, inventory }));

  it('open - a wrong secret and an absent bucket fail at once', async () => {
    await expect(S3ObjectStore.open({ ...server, secretAccessKey: 'wrong' }, Date.now())).rejects.toThrow();
    await expect(S3ObjectStore.open({ ...server, bucket: 'absent' }, Date.now())).rejects.toThrow();
  });

  it('open - removes staged objects and unfinished uploads of crashed writers by age', async () => {
    const at = { Bucket: server.bucket, Key: 'other/.staging/crashed' };
    await client.send(new CreateMultipartUploadCommand(at));
    await client.send(new PutObjectCommand({ ...at, Key: 'other/.staging/copied', Body: 'x' }));
    const others = async () => [...(await inventory()).keys()].filter((name) => name.includes('other/')).length;
    const now = Date.now();
    await (await S3ObjectStore.open({ ...server, prefix: 'other' }, now)).close();
    expect(await others()).toBe(2);
    await (await S3ObjectStore.open({ ...server, prefix: 'other' }, now + 7 * 60 * 60 * 1000)).close();
    expect(await others()).toBe(0);
  });

  it.each([1024, 9 * 1024 * 1024])('write - %d bytes that change on their way are refused, and nothing is left', async (size) => {
    const proxy = await corruptingProxy(server.endpoint);
    const { port } = proxy.address() as { port: number };
    const behind = await S3ObjectStore.open({ ...server, endpoint: `http://127.0.0.1:${port}` }, Date.now());
    await expect(behind.put('corrupted', randomBytes(size))).rejects.toThrow();
    expect([...(await inventory()).keys()].filter((name) => name.includes('corrupted') || name.includes('.staging'))).toEqual([]);
    await behind.close();
    proxy.closeAllConnections();
    proxy.close();
  });

  it('write - memory does not grow with the size of the object', async () => {
    const OBJECT_MIB = 400;
    const piece = randomBytes(1024 * 1024);
    const writer = await store.write();
    let peak = 0;
    for (let n = 0; n < OBJECT_MIB; n++) {
      if (!writer.stream.write(piece)) await once(writer.stream, 'drain');
      peak = Math.max(peak, process.memoryUsage().arrayBuffers);
    }
    await writer.abort();
    // What is not collected yet counts too: on a busy machine a good deal.
    expect(peak).toBeLessThan((OBJECT_MIB / 2) * 1024 * 1024);
  });
});

if (!available) {
  it.skip('S3 was NOT tested: there is no server here; install Go or radosgw, or name a versitygw binary with REENACT_TEST_S3_SERVER', () =>
    undefined);
}

/** Passes everything on, but flips a bit in the middle of every body. The Host header stays, so that signatures hold. */
async function corruptingProxy(endpoint: string): Promise<Server> {
  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const parts: Buffer[] = [];
    for await (const part of incoming) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    if (body.length > 100) body[body.length >> 1] ^= 1;
    const { hostname, port } = new URL(endpoint);
    const onward = request(
      { hostname, port, method: incoming.method, path: incoming.url, headers: incoming.headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      },
    );
    onward.on('error', () => outgoing.destroy());
    onward.end(body);
  };
  const proxy = createServer((incoming, outgoing) => void pass(incoming, outgoing));
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return proxy;
}
