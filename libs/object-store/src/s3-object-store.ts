import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { Problem } from '@reenact/contracts';
import { assertRange } from './byte-range.js';
import { assertKey } from './object-key.js';
import type { ByteRange, ObjectStore, ObjectWriter } from './object-store.js';
import { S3Bucket, isStatus } from './s3-bucket.js';
import { S3ObjectWriter } from './s3-object-writer.js';

/** How to reach a bucket. `prefix` goes before every key, with a `/` between. */
export interface S3Options {
  endpoint: string;
  region: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  prefix?: string;
}

// No key begins with a dot, so that no key reaches into it.
const STAGING = '.staging';
/** A staged upload this old belongs to no writer that still runs. */
const STALE_MS = 6 * 60 * 60 * 1000;
/** A server that is silent for that long is taken to be gone. */
const SILENCE_MS = 30_000;

/** Objects in a bucket of anything that speaks S3. */
export class S3ObjectStore implements ObjectStore {
  private constructor(
    private readonly bucket: S3Bucket,
    private readonly prefix: string,
    private readonly staleMs: number,
  ) {}

  /** Asks for the bucket once, so that wrong settings fail here, and removes what crashed writers left in it long ago. */
  static async open(options: S3Options, now: number, staleMs = STALE_MS): Promise<S3ObjectStore> {
    // Which Node runs is the operator's choice; the SDK would tell the terminal of every start. This is its own switch.
    process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
    const client = new S3Client({
      endpoint: options.endpoint,
      region: options.region,
      credentials: { accessKeyId: options.accessKeyId, secretAccessKey: options.secretAccessKey },
      forcePathStyle: true,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      // A call that hangs must end well before the lease of the removal that waits for it.
      requestHandler: { connectionTimeout: 5_000, socketTimeout: SILENCE_MS },
    });
    const prefix = options.prefix ? `${options.prefix}/` : '';
    const store = new S3ObjectStore(new S3Bucket(client, options.bucket), prefix, staleMs);
    try {
      await store.sweep(now);
    } catch (error) {
      client.destroy();
      throw error;
    }
    return store;
  }

  async write(): Promise<ObjectWriter> {
    return this.stage();
  }

  async put(key: string, bytes: Uint8Array | Readable): Promise<void> {
    assertKey(key);
    const writer = this.stage();
    try {
      await pipeline(bytes instanceof Readable ? bytes : Readable.from([bytes]), writer.stream);
      await writer.replace(key);
    } catch (error) {
      await writer.abort();
      throw error;
    }
  }

  async read(key: string, range?: ByteRange): Promise<Readable> {
    assertKey(key);
    if (range) {
      const found = await this.stat(key);
      if (!found) throw new Problem('not_found');
      assertRange(range, found.size);
    }
    const Range = range && `bytes=${range.start}-${range.end === undefined ? '' : range.end - 1}`;
    try {
      const answer = await this.bucket.send(new GetObjectCommand({ Bucket: this.bucket.name, Key: this.prefix + key, Range }));
      return answer.Body as Readable;
    } catch (error) {
      if (isStatus(error, 404)) throw new Problem('not_found');
      throw error;
    }
  }

  async stat(key: string): Promise<{ size: number } | undefined> {
    assertKey(key);
    return this.bucket.stat(this.prefix + key);
  }

  async delete(key: string, signal?: AbortSignal): Promise<void> {
    assertKey(key);
    signal?.throwIfAborted();
    const place = { Bucket: this.bucket.name, Key: this.prefix + key };
    await this.bucket.send(new DeleteObjectCommand(place), { abortSignal: signal });
  }

  async sweep(now: number): Promise<void> {
    const before = now - this.staleMs;
    const place = { Bucket: this.bucket.name, Prefix: `${this.prefix}${STAGING}/` };
    const { Contents = [] } = await this.bucket.send(new ListObjectsV2Command(place));
    for (const { Key, LastModified } of Contents) {
      if ((LastModified?.getTime() ?? before) < before)
        await this.bucket.send(new DeleteObjectCommand({ Bucket: place.Bucket, Key }));
    }
    const { Uploads = [] } = await this.bucket.send(new ListMultipartUploadsCommand(place));
    for (const { Key, UploadId, Initiated } of Uploads) {
      if ((Initiated?.getTime() ?? before) < before) {
        await this.bucket.send(new AbortMultipartUploadCommand({ Bucket: place.Bucket, Key, UploadId }));
      }
    }
  }

  async close(): Promise<void> {
    this.bucket.client.destroy();
  }

  private stage(): S3ObjectWriter {
    return new S3ObjectWriter(this.bucket, this.prefix, `${this.prefix}${STAGING}/${randomUUID()}`);
  }
}
