import { Injectable } from '@nestjs/common';
import { type AgentReading, newUuid, recordReadings } from '@reenact/contracts';
import { RpcClient } from '@reenact/messaging';
import { addNumber, joinRanges } from '../domain/number-ranges.js';

const BATCH = 1_000;
/** Beyond it further boots are not noted until there is room: agents that make many up must not fill the memory. */
const MAX_BOOTS = 100_000;

/**
 * Hands the newest reading of every boot to the catalog, with the numbers of all that arrived, in batches. What a crash loses shows
 * as a gap.
 */
@Injectable()
export class RecordReadingsHandler {
  private readonly newest = new Map<string, AgentReading>();

  constructor(private readonly rpc: RpcClient) {}

  note(reading: AgentReading): void {
    const key = `${reading.agentId} ${reading.bootId}`;
    if (this.newest.size >= MAX_BOOTS && !this.newest.has(key)) return;
    this.newest.set(key, { ...reading, arrived: addNumber(this.newest.get(key)?.arrived ?? [], reading.sequence) });
  }

  /** Answers how many it handed over. */
  async flush(): Promise<number> {
    const taken = [...this.newest].slice(0, BATCH);
    if (taken.length === 0) return 0;
    for (const [key] of taken) this.newest.delete(key);
    const context = { actor: { kind: 'service', id: 'ingest' }, correlationId: newUuid() } as const;
    try {
      await this.rpc.call(recordReadings, { readings: taken.map(([, reading]) => reading) }, context);
    } catch (error) {
      this.putBack(taken);
      throw error;
    }
    return taken.length === BATCH ? BATCH : 0;
  }

  private putBack(taken: readonly [string, AgentReading][]): void {
    for (const [key, reading] of taken) {
      const since = this.newest.get(key);
      if (!since && this.newest.size >= MAX_BOOTS) continue;
      this.newest.set(key, { ...(since ?? reading), arrived: joinRanges(reading.arrived ?? [], since?.arrived ?? []) });
    }
  }
}
