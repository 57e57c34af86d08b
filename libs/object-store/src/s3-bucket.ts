import { createHash } from 'node:crypto';
import {
  CopyObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';

/** The calls that writer and store share. */
export class S3Bucket {
  readonly send: S3Client['send'];
  // Not every server that speaks S3 knows If-None-Match; after its first refusal it is left out.
  private conditional = true;

  constructor(
    readonly client: S3Client,
    readonly name: string,
  ) {
    this.send = client.send.bind(client);
  }

  async stat(key: string): Promise<{ size: number } | undefined> {
    try {
      const answer = await this.send(new HeadObjectCommand({ Bucket: this.name, Key: key }));
      return { size: answer.ContentLength ?? 0 };
    } catch (error) {
      if (isStatus(error, 404)) return undefined;
      throw error;
    }
  }

  /** Stores the bytes; the server itself compares them with their MD5. With `create`, answers false when the key was taken. */
  async put(key: string, bytes: Uint8Array, create: boolean): Promise<boolean> {
    const input: PutObjectCommandInput = { Bucket: this.name, Key: key, Body: bytes, ContentMD5: md5(bytes) };
    return this.create(create, (condition) => this.send(new PutObjectCommand({ ...input, ...condition })));
  }

  /** As `put`, from an object of this bucket. */
  async copy(from: string, to: string, create: boolean): Promise<boolean> {
    const input = { Bucket: this.name, Key: to, CopySource: `${this.name}/${encodeURIComponent(from)}` };
    return this.create(create, (condition) => this.send(new CopyObjectCommand({ ...input, ...condition })));
  }

  private async create(create: boolean, send: (condition: { IfNoneMatch?: '*' }) => Promise<unknown>): Promise<boolean> {
    try {
      await send(create && this.conditional ? { IfNoneMatch: '*' } : {});
      return true;
    } catch (error) {
      if (create && (isStatus(error, 412) || isStatus(error, 409))) return false;
      if (!create || !this.conditional || !isStatus(error, 501)) throw error;
      this.conditional = false;
      return this.create(create, send);
    }
  }
}

/** The base64 MD5 that S3 servers compare a body with. It guards the way, not against malice: SHA-256 is the owner's. */
export function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('base64');
}

export function isStatus(error: unknown, status: number): boolean {
  return error instanceof S3ServiceException && error.$metadata.httpStatusCode === status;
}
