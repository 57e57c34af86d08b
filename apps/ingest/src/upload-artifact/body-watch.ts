import { createHash, type Hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream/promises';
import { Problem, type Sha256 } from '@reenact/contracts';
import { toProblem } from '@reenact/service-kit';
import { readContentDigest } from '../domain/content-digest.js';
import type { UploadPatience } from '../domain/upload-patience.js';
import type { RunningUpload } from '../limit-rates/rate-limits.js';

/** What a form may add to its file: fields, headers and boundaries. */
const FORM_BYTES = 64 * 1024;
const LOOKS_PER_IDLE = 4;

/** Watches a request's content pass by on its way to the parser: its size, its digest, whether it may, and whether it still comes. */
export class BodyWatch {
  /** Rejects when the sender sends too much, more than its limit allows, or nothing for too long. */
  readonly failure: Promise<never>;
  /** That came by now. */
  bytes = 0;
  private readonly declared: Sha256 | undefined;
  private readonly hash?: Hash;
  private fail!: (problem: Problem) => void;
  private asking?: Promise<void>;
  private timer?: NodeJS.Timeout;

  /** Throws `artifact_too_large` for a Content-Length that is, and `validation_failed` for a Content-Digest that is none. */
  constructor(
    private readonly raw: IncomingMessage,
    private readonly maxFileBytes: number,
    private readonly patience: UploadPatience,
    private readonly permits: Pick<RunningUpload, 'allowed' | 'takeMore'>,
  ) {
    this.failure = new Promise<never>((_resolve, reject) => {
      this.fail = reject;
    });
    // Nobody may be listening any more when it comes.
    this.failure.catch(() => undefined);
    if (Number(raw.headers['content-length'] ?? 0) > this.maxBytes) throw this.tooLarge();
    this.declared = readContentDigest(raw.headers['content-digest']);
    if (this.declared) this.hash = createHash('sha256');
  }

  /** To be called in the same turn as the parser begins to read. */
  begin(): void {
    this.raw.on('data', this.take);
    const every = Math.ceil(this.patience.idleMs / LOOKS_PER_IDLE);
    let [seen, idle, total] = [-1, 0, 0];
    this.timer = setInterval(() => {
      if (this.raw.readableEnded) return this.end();
      // A paused request waits for us, not for its sender.
      if (this.raw.isPaused()) idle = 0;
      else total += every;
      idle = this.bytes === seen ? idle + every : 0;
      seen = this.bytes;
      if (idle >= this.patience.idleMs) this.fail(cut('nothing was sent for too long'));
      else if (total >= this.patience.totalMs) this.fail(cut('it takes too long'));
    }, every);
  }

  end(): void {
    clearInterval(this.timer);
    this.raw.off('data', this.take);
  }

  /** Waits until what came is allowed; what was declared is. Throws what speaks against it. */
  async assertAllowed(): Promise<void> {
    if (this.asking) await Promise.race([this.asking.then(() => this.assertAllowed()), this.failure]);
  }

  /**
   * Waits for the end of the content and holds it against the digest that was given for it. A digest of the file alone is taken
   * too: it proves no less. Throws `digest_mismatch`.
   */
  async assertDigest(ofFile: Sha256): Promise<void> {
    if (!this.hash || this.declared === undefined) return;
    await Promise.race([finished(this.raw, { writable: false }), this.failure]);
    const actual: Sha256 = `sha256:${this.hash.digest('hex')}`;
    if (this.declared !== actual && this.declared !== ofFile) {
      throw new Problem('digest_mismatch', { detail: `The content has ${actual}, its file ${ofFile}`, members: { actual } });
    }
  }

  private readonly take = (chunk: Uint8Array) => {
    this.bytes += chunk.length;
    this.hash?.update(chunk);
    if (this.bytes > this.maxBytes) return this.fail(this.tooLarge());
    if (this.bytes > this.permits.allowed && !this.declaresLength) {
      this.asking ??= this.askForMore();
      this.asking.catch(() => undefined);
    }
  };

  private async askForMore(): Promise<void> {
    try {
      while (this.bytes > this.permits.allowed) await this.permits.takeMore();
      this.asking = undefined;
    } catch (refusal) {
      this.fail(toProblem(refusal));
      await this.failure;
    }
  }

  /** All of it was taken before it came. */
  private get declaresLength(): boolean {
    return this.raw.headers['content-length'] !== undefined;
  }

  private get maxBytes(): number {
    return this.maxFileBytes + FORM_BYTES;
  }

  private tooLarge(): Problem {
    return new Problem('artifact_too_large', {
      detail: 'The content is larger than any artifact may be',
      members: { limit: 'maxBytes', max: this.maxFileBytes },
    });
  }
}

const cut = (reason: string) => new Problem('upload_incomplete', { detail: `The upload was cut off: ${reason}` });
