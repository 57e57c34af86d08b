import { Injectable } from '@nestjs/common';
import { agentRefused, type MessageDraft, newUuid, readAgent } from '@reenact/contracts';
import { Outbox, RpcClient } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { type Refusal, RefusalStore } from '../store/refusal.store.js';
import { type Counted, RefusalTally, toRefusal } from './refusal-tally.js';

const MINUTE_MS = 60_000;
const BATCH = 200;
const MAX_KNOWN = 10_000;

type Scope = Pick<Refusal, 'orgId' | 'projectId' | 'environmentId'>;

/** Stores counts and says them on: the first refusal of a minute soon, the rest of it when the minute is over. */
@Injectable()
export class CountRefusalHandler {
  private readonly scopes = new Map<string, Scope | null>();

  constructor(
    private readonly tally: RefusalTally,
    private readonly store: RefusalStore,
    private readonly work: UnitOfWork,
    private readonly outbox: Outbox,
    private readonly rpc: RpcClient,
    private readonly clock: Clock,
  ) {}

  /** Answers how many events it made. */
  async flush(): Promise<number> {
    await this.storeCounts();
    const minuteOverBefore = new Date(this.clock.now().getTime() - MINUTE_MS);
    return this.work.run(async (tx) => {
      const refusals = await this.store.announce(tx, minuteOverBefore, BATCH);
      for (const refusal of refusals) {
        const context = { actor: { kind: 'agent', id: refusal.agentId }, correlationId: newUuid() } as const;
        await this.outbox.add(tx, context, [draft(refusal)]);
      }
      return refusals.length;
    });
  }

  private async storeCounts(): Promise<void> {
    const counted = this.tally.take();
    if (counted.length === 0) return;
    try {
      const refusals: Refusal[] = [];
      for (const each of counted) {
        const scope = await this.scopeOf(each);
        if (scope) refusals.push(toRefusal(each, scope));
      }
      await this.work.run((tx) => this.store.add(tx, refusals));
    } catch (error) {
      this.tally.putBack(counted);
      throw error;
    }
  }

  /** Null: there is no such agent, somebody guesses. */
  private async scopeOf({ agentId, principal }: Counted): Promise<Scope | null> {
    if (principal) return { orgId: principal.orgId, projectId: principal.projectId, environmentId: principal.environmentId };
    const known = this.scopes.get(agentId);
    if (known !== undefined) return known;
    if (this.scopes.size >= MAX_KNOWN) this.scopes.clear();
    const scope = await this.findAgent(agentId);
    this.scopes.set(agentId, scope);
    return scope;
  }

  private async findAgent(agentId: string): Promise<Scope | null> {
    const context = { actor: { kind: 'service', id: 'ingest' }, correlationId: newUuid() } as const;
    try {
      const { orgId, projectId, environmentId } = await this.rpc.call(readAgent, { agentId }, context);
      return { orgId, projectId, environmentId };
    } catch (error) {
      if ((error as { code?: string }).code === 'not_found') return null;
      throw error;
    }
  }
}

function draft({ agentId, orgId, projectId, environmentId, minute, status, code, count }: Refusal): MessageDraft {
  return {
    contract: agentRefused,
    data: { agentId, minute: minute.toISOString(), status, code, count },
    orgId,
    projectId,
    environmentId,
    aggregate: { id: agentId, version: minute.getTime() },
  };
}
