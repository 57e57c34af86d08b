import { Injectable } from '@nestjs/common';
import { type Envelope, type SealedEntry, toHeaders } from '@reenact/contracts';
import { Outbox, type RawMessage } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';
import type { EntryDraft } from '../domain/entry-draft.js';
import { type PlacedEntry, placeEntries } from '../domain/log-append.js';
import { SignCheckpointTimer } from '../sign-checkpoint/sign-checkpoint.timer.js';
import { LogStore } from '../store/log.store.js';
import { TileStore } from '../store/tile.store.js';

/** The only writer of logs: entries, tiles, head and what is told of them, in one transaction. */
@Injectable()
export class AppendEntriesHandler {
  constructor(
    private readonly logs: LogStore,
    private readonly tiles: TileStore,
    private readonly outbox: Outbox,
    private readonly signing: SignCheckpointTimer,
  ) {}

  async append(tx: Transaction, drafts: EntryDraft[]): Promise<void> {
    // Logs in one order, so that two replicas never hold each other's head.
    const logs = [...new Set(drafts.map(({ log }) => log))].sort();
    for (const log of logs) {
      await this.appendTo(
        tx,
        log,
        drafts.filter((draft) => draft.log === log),
      );
    }
    if (drafts.length > 0) tx.afterCommit(() => this.signing.nudge());
  }

  private async appendTo(tx: Transaction, log: string, drafts: EntryDraft[]): Promise<void> {
    const size = await this.logs.lockHead(tx, log);
    const { placed, tiles } = placeEntries(size, await this.tiles.readEdge(tx, log, size), drafts);
    await this.logs.insertEntries(tx, log, placed);
    await this.tiles.write(tx, log, tiles);
    await this.logs.moveHead(tx, log, size, size + drafts.length);
    await this.outbox.addRaw(tx, placed.map(announcement));
  }
}

/** `audit.sealed.<orgId>.<environmentId or ->.<category>`, the sealed entry as its payload. */
function announcement({ entry, leafHash, draft: { log } }: PlacedEntry): RawMessage {
  const sealed: SealedEntry = { index: entry.index, leafHash: leafHash.toString('base64'), entry };
  const envelope: Envelope = {
    id: `sealed-${log}-${entry.index}`,
    type: 'audit.sealed',
    source: 'audit',
    time: entry.at,
    aggregate: { kind: 'log', id: log, version: entry.index + 1 },
    orgId: log,
    ...(entry.environmentId !== undefined && { environmentId: entry.environmentId }),
    actor: { kind: 'service', id: 'audit' },
    correlationId: entry.correlationId,
    causationId: entry.id,
    data: sealed,
  };
  return {
    id: envelope.id,
    subject: `audit.sealed.${log}.${token(entry.environmentId)}.${entry.category}`,
    headers: headerSafe(toHeaders(envelope)),
    payload: JSON.stringify(sealed),
  };
}

function token(id: string | undefined): string {
  return id !== undefined && /^[A-Za-z0-9_]+$/.test(id) ? id : '-';
}

function headerSafe(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.replaceAll(/[\r\n]/g, ' ')]));
}
