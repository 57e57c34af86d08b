import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { ListMultipartUploadsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { canTestS3, eventually, type TestS3, testS3 } from '@reenact/testing';
import { DEFAULT_LIMITS } from '../domain/limits.js';
import { CAPTURED_AT, type Harness, startHarness, type TestAgent } from '../ingest.harness.js';

const MIB = 1024 * 1024;
/** Two parts of a multipart upload, and some. */
const LARGE = 20 * MIB;

(canTestS3() ? describe : describe.skip)('upload-artifact, into S3', () => {
  let server: TestS3;
  let client: S3Client;
  let ingest: Harness;

  beforeAll(async () => {
    server = await testS3();
    const credentials = { accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey };
    client = new S3Client({ endpoint: server.endpoint, region: server.region, forcePathStyle: true, credentials });
    const rates = { ...DEFAULT_LIMITS.rates, uploadBytesPerMinute: 1024 * MIB };
    ingest = await startHarness({ ...DEFAULT_LIMITS, rates }, { kind: 's3', ...server });
  }, 400_000);
  afterAll(async () => {
    client?.destroy();
    await ingest?.stop();
    await server?.close();
  });

  const unfinished = async () => {
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: server.bucket }));
    return Uploads.length;
  };
  const left = async () => {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: server.bucket }));
    const { blobs, artifacts } = await ingest.inventory();
    return { unfinished: await unfinished(), objects: Contents.map(({ Key }) => Key), blobs, artifacts };
  };
  const noise = (size: number) => randomBytes(size / 2).toString('hex');
  const bytesInFlight = async () => {
    const text = await (await fetch(`${ingest.url}/metrics`)).text();
    return Number(/^reenact_ingest_request_bytes_in_flight (\d+)$/m.exec(text)?.[1]);
  };

  /** Sends a diagnostic up to where its parts lie in the store, and goes no further. */
  const begun = async (agent: TestAgent): Promise<Socket> => {
    const { hostname, port } = new URL(ingest.url);
    const field = (name: string, value: string) => `--x\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    socket.write(
      `POST /api/v1/agents/${agent.id}/artifacts HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${agent.key}\r\n` +
        `content-type: multipart/form-data; boundary=x\r\ncontent-length: ${60 * MIB}\r\n\r\n` +
        `${field('type', 'diagnostic')}${field('capturedAt', CAPTURED_AT)}` +
        '--x\r\ncontent-disposition: form-data; name="file"; filename="d"\r\n\r\n',
    );
    socket.write(noise(LARGE));
    await eventually(async () => expect(await unfinished()).toBe(1), { timeoutMs: 20_000 });
    return socket;
  };

  it('leaves no object and no unfinished upload of a sender that goes away, and counts what its writer holds', async () => {
    const before = await left();
    const socket = await begun(ingest.addAgent());
    expect(await bytesInFlight()).toBeGreaterThanOrEqual(9 * MIB);
    socket.destroy();
    await eventually(async () => expect(await left()).toEqual(before), { timeoutMs: 20_000 });
    await eventually(async () => expect(await bytesInFlight()).toBe(0));
  }, 60_000);

  it.each<[string, () => Buffer, Record<string, string>, number, string]>([
    ['whose digest is another', () => Buffer.from(noise(LARGE)), { sha256: `sha256:${'0'.repeat(64)}` }, 422, 'digest_mismatch'],
    ['that is not what it says, late', () => Buffer.from(`${noise(LARGE)}\0`), {}, 415, 'artifact_type_mismatch'],
    ['that is too large', () => Buffer.from(noise(66 * MIB)), {}, 413, 'artifact_too_large'],
    ['that fits into one part', () => Buffer.from('text'), { sha256: `sha256:${'0'.repeat(64)}` }, 422, 'digest_mismatch'],
  ])(
    'leaves no object and no unfinished upload of one %s',
    async (_which, bytes, fields, status, code) => {
      const before = await left();
      const answer = await ingest.upload(ingest.addAgent(), bytes(), { type: 'diagnostic', ...fields });
      expect([answer.status, answer.body.code]).toEqual([status, code]);
      await eventually(async () => expect(await left()).toEqual(before), { timeoutMs: 20_000 });
    },
    60_000,
  );

  it('leaves no unfinished upload of one that it takes', async () => {
    const answer = await ingest.upload(ingest.addAgent(), Buffer.from(noise(LARGE)), { type: 'diagnostic' });
    expect(answer.status).toBe(201);
    expect(await left()).toMatchObject({ unfinished: 0, objects: [expect.stringMatching(/^blobs\//)] });
  }, 60_000);
});
