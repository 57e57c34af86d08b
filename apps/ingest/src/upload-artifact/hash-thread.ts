import { Worker } from 'node:worker_threads';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';

interface Answer {
  job: number;
  digest?: string;
}

interface Waiting {
  resolve(digest: string | undefined): void;
  reject(error: unknown): void;
}

// As text, since a thread would need a file of its own, which tests that run from sources do not have.
const PROGRAM = `
const { createHash } = require('node:crypto');
const { parentPort } = require('node:worker_threads');
const hashes = new Map();
parentPort.on('message', ({ job, bytes, end }) => {
  if (bytes) {
    if (!hashes.has(job)) hashes.set(job, createHash('sha256'));
    hashes.get(job).update(bytes);
    return parentPort.postMessage({ job });
  }
  if (end) parentPort.postMessage({ job, digest: hashes.get(job).digest('hex') });
  hashes.delete(job);
});
`;

/** A SHA-256 that another thread computes. */
export interface FarHash {
  /** Of shared memory, which must not change before it resolves; one at a time. */
  update(bytes: Uint8Array): Promise<void>;
  digest(): Promise<string>;
  /** To be called at its end, whatever it was. */
  close(): void;
}

/** Hashes what is large while the main thread goes on: each byte of an upload is hashed twice, as a part of its file and of its entry. */
@Injectable()
export class HashThread implements OnApplicationBootstrap, OnApplicationShutdown {
  private running?: Thread;

  onApplicationBootstrap(): void {
    this.thread();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.running?.end();
  }

  open(): FarHash {
    return this.thread().open();
  }

  private thread(): Thread {
    if (!this.running || this.running.gone) this.running = new Thread();
    return this.running;
  }
}

class Thread {
  gone = false;
  private readonly worker = new Worker(PROGRAM, { eval: true });
  private readonly waiting = new Map<number, Waiting>();
  private jobs = 0;

  constructor() {
    // Whoever waits for a hash has a connection open, which keeps the process alive.
    this.worker.unref();
    this.worker.on('message', ({ job, digest }: Answer) => {
      const waiting = this.waiting.get(job);
      this.waiting.delete(job);
      waiting?.resolve(digest);
    });
    this.worker.on('error', (error) => this.fail(error));
    this.worker.on('exit', () => this.fail(new Error('the hashing thread ended')));
  }

  open(): FarHash {
    this.jobs += 1;
    const job = this.jobs;
    return {
      update: async (bytes) => {
        await this.ask({ job, bytes });
      },
      digest: async () => (await this.ask({ job, end: true })) as string,
      close: () => this.worker.postMessage({ job }),
    };
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }

  private ask(message: { job: number; bytes?: Uint8Array; end?: boolean }): Promise<string | undefined> {
    if (this.gone) return Promise.reject(new Error('the hashing thread ended'));
    return new Promise((resolve, reject) => {
      this.waiting.set(message.job, { resolve, reject });
      this.worker.postMessage(message);
    });
  }

  /** What it knew of any job is lost with it. */
  private fail(error: unknown): void {
    this.gone = true;
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}
