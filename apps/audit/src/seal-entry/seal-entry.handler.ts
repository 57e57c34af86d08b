import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type Envelope, EVENTS } from '@reenact/contracts';
import type { Transaction } from '@reenact/persistence';
import { Clock, Metrics } from '@reenact/service-kit';
import type { Counter, Histogram } from 'prom-client';
import { AppendEntriesHandler } from '../append-entries/append-entries.handler.js';
import { denialOf } from '../domain/denial.js';
import { draftEntry, type EntryDraft } from '../domain/entry-draft.js';
import { DenialTallyStore } from '../store/denial-tally.store.js';
import { LogStore } from '../store/log.store.js';

const SALT_BYTES = 32;
const LAG_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 30, 300];

/** Seals what happened, each event once, however often it is told. */
@Injectable()
export class SealEntryHandler {
  private readonly sealed: Counter;
  private readonly lag: Histogram;

  constructor(
    private readonly logs: LogStore,
    private readonly tallies: DenialTallyStore,
    private readonly entries: AppendEntriesHandler,
    private readonly clock: Clock,
    metrics: Metrics,
  ) {
    this.sealed = metrics.counter('entries_sealed_total', 'Entries sealed', ['category', 'outcome']);
    this.lag = metrics.histogram('seal_lag_seconds', 'From an event to its entry', [], LAG_BUCKETS);
  }

  async seal(events: Envelope[], tx: Transaction): Promise<void> {
    const sources = { newSalt: () => randomBytes(SALT_BYTES), now: this.clock.now() };
    const drafts = events
      .map((event) => draftEntry(event, EVENTS.get(event.type), sources))
      .filter((draft) => draft !== undefined);
    if (drafts.length === 0) return;
    const fresh = await this.logs.claimEvents(
      tx,
      drafts.map(({ body }) => body.id),
    );
    const sealed: EntryDraft[] = [];
    for (const draft of drafts) if (fresh.has(draft.body.id) && (await this.isSealedNow(tx, draft))) sealed.push(draft);
    await this.entries.append(tx, sealed);
    tx.afterCommit(() => this.measure(sealed));
  }

  private measure(sealed: EntryDraft[]): void {
    const now = this.clock.now().getTime();
    for (const { body } of sealed) {
      this.sealed.inc({ category: body.category, outcome: body.outcome });
      this.lag.observe(Math.max(0, now - Date.parse(body.at)) / 1000);
    }
  }

  private async isSealedNow(tx: Transaction, draft: EntryDraft): Promise<boolean> {
    const denial = denialOf(draft);
    return denial === undefined || this.tallies.isFirst(tx, denial, draft);
  }
}
