import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  type CompletedPart,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { assertKey } from './object-key.js';
import type { ObjectWriter } from './object-store.js';
import { PartBuffer } from './part-buffer.js';
import { md5, type S3Bucket } from './s3-bucket.js';

/**
 * Up to one part is kept in memory and put under its key at commit. More goes to a multipart upload under a staging key,
 * since S3 wants the key before the bytes are known, and is copied by the server at commit.
 */
export class S3ObjectWriter implements ObjectWriter {
  readonly stream: Writable;
  private readonly parts: CompletedPart[] = [];
  private readonly part = new PartBuffer();
  private size = 0;
  private uploadId?: string;
  private staged = false;
  private aborted = false;
  private uploading?: Promise<void>;
  private finishing?: Promise<void>;

  constructor(
    private readonly bucket: S3Bucket,
    private readonly prefix: string,
    private readonly stagingKey: string,
  ) {
    this.stream = new Writable({
      highWaterMark: 1024 * 1024,
      write: (chunk: Uint8Array, _encoding, done) => {
        this.take(chunk).then(() => done(), done);
      },
    });
    // `finish` reports it; without a listener an error in between would end the process.
    this.stream.on('error', () => undefined);
  }

  finish(): Promise<void> {
    this.finishing ??= this.stage();
    return this.finishing;
  }

  async commit(key: string): Promise<void> {
    const target = await this.finishFor(key);
    if (await this.holds(target)) return this.abort();
    // A key that was taken since is taken by a writer of the same bytes, or else by an object that is to be replaced.
    if (!(await this.publish(target, true)) && !(await this.holds(target))) await this.publish(target, false);
    await this.verify(target);
  }

  async replace(key: string): Promise<void> {
    const target = await this.finishFor(key);
    await this.publish(target, false);
    await this.verify(target);
  }

  async abort(): Promise<void> {
    this.aborted = true;
    this.stream.destroy();
    await this.uploading?.catch(() => undefined);
    this.part.free();
    const place = { Bucket: this.bucket.name, Key: this.stagingKey };
    if (this.staged) await this.bucket.send(new DeleteObjectCommand(place));
    else if (this.uploadId) await this.bucket.send(new AbortMultipartUploadCommand({ ...place, UploadId: this.uploadId }));
    this.staged = false;
    this.uploadId = undefined;
  }

  private async finishFor(key: string): Promise<string> {
    assertKey(key);
    await this.finish();
    return this.prefix + key;
  }

  private async stage(): Promise<void> {
    this.stream.end();
    await finished(this.stream);
    if (!this.uploadId) return;
    await this.uploadPart();
    this.uploading = this.completeUpload(this.uploadId);
    await this.uploading;
  }

  private async completeUpload(uploadId: string): Promise<void> {
    const place = { Bucket: this.bucket.name, Key: this.stagingKey, UploadId: uploadId };
    await this.bucket.send(new CompleteMultipartUploadCommand({ ...place, MultipartUpload: { Parts: this.parts } }));
    this.staged = true;
  }

  private async take(chunk: Uint8Array): Promise<void> {
    this.size += chunk.length;
    // Only full parts go out here: the last one may be short, so that it waits for the end.
    for (let rest = this.part.add(chunk); rest.length > 0; rest = this.part.add(rest)) await this.uploadPart();
  }

  private async uploadPart(): Promise<void> {
    if (this.aborted) throw new Error('the write was aborted');
    this.uploading = this.sendPart(this.part.bytes);
    await this.uploading;
    this.part.clear();
  }

  private async sendPart(bytes: Uint8Array): Promise<void> {
    const place = { Bucket: this.bucket.name, Key: this.stagingKey };
    this.uploadId ??= (await this.bucket.send(new CreateMultipartUploadCommand(place))).UploadId;
    const part = { ...place, UploadId: this.uploadId, PartNumber: this.parts.length + 1 };
    const { ETag } = await this.bucket.send(new UploadPartCommand({ ...part, Body: bytes, ContentMD5: md5(bytes) }));
    this.parts.push({ PartNumber: part.PartNumber, ETag });
  }

  private async publish(target: string, create: boolean): Promise<boolean> {
    if (this.staged) return this.bucket.copy(this.stagingKey, target, create);
    return this.bucket.put(target, this.part.bytes, create);
  }

  private async holds(target: string): Promise<boolean> {
    return (await this.bucket.stat(target))?.size === this.size;
  }

  private async verify(target: string): Promise<void> {
    const stored = (await this.bucket.stat(target))?.size;
    if (stored !== this.size) throw new Error(`${stored ?? 'none'} of ${this.size} bytes reached the bucket`);
    await this.abort();
  }
}
