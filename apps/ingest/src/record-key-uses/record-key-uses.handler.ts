import { Injectable } from '@nestjs/common';
import { type KeyUse, newUuid, recordKeyUses } from '@reenact/contracts';
import { RpcClient } from '@reenact/messaging';
import { Clock } from '@reenact/service-kit';
import type { AgentPrincipal } from '../domain/principal.js';

const BATCH = 1_000;
/** Beyond it further keys wait for the next flush: what is used goes on being used. */
const MAX_KEYS = 10_000;
const TIMEOUT_MS = 2_000;

/** Remembers when each key was used last and tells the catalog in batches, so that no request writes a row. */
@Injectable()
export class RecordKeyUsesHandler {
  private readonly newest = new Map<string, { agentId: string; at: number }>();

  constructor(
    private readonly rpc: RpcClient,
    private readonly clock: Clock,
  ) {}

  note({ keyId, agentId }: Pick<AgentPrincipal, 'keyId' | 'agentId'>): void {
    this.keep(keyId, { agentId, at: this.clock.now().getTime() });
  }

  /** Answers how many to look for at once. Uses that could not be told are kept for the next time. */
  async flush(): Promise<number> {
    const taken = [...this.newest].slice(0, BATCH);
    if (taken.length === 0) return 0;
    for (const [keyId] of taken) this.newest.delete(keyId);
    const uses = taken.map(([keyId, { agentId, at }]): KeyUse => ({ keyId, agentId, at: new Date(at).toISOString() }));
    const context = { actor: { kind: 'service', id: 'ingest' }, correlationId: newUuid() } as const;
    try {
      await this.rpc.call(recordKeyUses, { uses }, context, { timeoutMs: TIMEOUT_MS });
    } catch (error) {
      for (const [keyId, use] of taken) this.keep(keyId, use);
      throw error;
    }
    return taken.length === BATCH ? BATCH : 0;
  }

  private keep(keyId: string, use: { agentId: string; at: number }): void {
    const known = this.newest.get(keyId);
    if (known) known.at = Math.max(known.at, use.at);
    else if (this.newest.size < MAX_KEYS) this.newest.set(keyId, use);
  }
}
