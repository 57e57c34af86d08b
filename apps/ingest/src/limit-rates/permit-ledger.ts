import { Injectable } from '@nestjs/common';
import { Problem } from '@reenact/contracts';
import { UnitOfWork } from '@reenact/persistence';
import type { Granted, Report } from '../domain/permit-book.js';
import { type PermitKey, RateWindowStore } from '../store/rate-window.store.js';

interface Asked extends PermitKey, Report {
  resolve(granted: Granted): void;
  reject(error: unknown): void;
}

const MAX_BATCH = 500;

/** Asks the shared ledger about many keys with one statement. */
@Injectable()
export class PermitLedger {
  private waiting: Asked[] = [];

  constructor(
    private readonly work: UnitOfWork,
    private readonly store: RateWindowStore,
  ) {}

  /** One question per key at a time. Throws `try_later` when the database does not answer. */
  lease(key: PermitKey, report: Report): Promise<Granted> {
    if (this.waiting.length === 0) setImmediate(() => void this.send());
    return new Promise((resolve, reject) => this.waiting.push({ ...key, ...report, resolve, reject }));
  }

  private async send(): Promise<void> {
    const asked = this.waiting;
    this.waiting = [];
    for (let at = 0; at < asked.length; at += MAX_BATCH) await this.sendBatch(asked.slice(at, at + MAX_BATCH));
  }

  private async sendBatch(asked: readonly Asked[]): Promise<void> {
    try {
      const granted = await this.store.lease(this.work, asked);
      asked.forEach(({ resolve }, index) => resolve(granted[index]));
    } catch (cause) {
      const problem = new Problem('try_later', { detail: 'The rate limits cannot be checked now', cause });
      for (const { reject } of asked) reject(problem);
    }
  }
}
