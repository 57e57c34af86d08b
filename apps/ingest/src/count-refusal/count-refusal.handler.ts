import { Injectable } from '@nestjs/common';
import { agentRefused, enrolmentRefused, isId, locateResource, type MessageDraft, newUuid } from '@reenact/contracts';
import { Outbox, RpcClient } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { type Refusal, RefusalStore } from '../store/refusal.store.js';
import { type Counted, RefusalTally, toRefusal } from './refusal-tally.js';

const MINUTE_MS = 60_000;
const KEPT_MS = 30 * 24 * 60 * MINUTE_MS;
const BATCH = 200;
const FORGET_BATCH = 1_000;
const MAX_KNOWN = 10_000;
/** How many subjects one flush asks the catalog about; the others wait, so that who guesses ids does not hold up the rest. */
const MAX_ASKED = 200;
/** Beyond it they are forgotten, or there would be no room to count who is known. */
const MAX_WAITING = 1_000;

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
        const { subjectId: id } = refusal;
        const actor = { kind: isId('agent', id) ? 'agent' : 'token', id } as const;
        await this.outbox.add(tx, { actor, correlationId: newUuid() }, [draft(refusal)]);
      }
      return refusals.length;
    });
  }

  /** Answers how many counts it forgot: who asks later than that asks the audit log. */
  forgetOld(): Promise<number> {
    return this.store.removeOld(this.work, new Date(this.clock.now().getTime() - KEPT_MS), FORGET_BATCH);
  }

  private async storeCounts(): Promise<void> {
    const counted = this.tally.take();
    if (counted.length === 0) return;
    try {
      const unknown = new Set(counted.filter((each) => this.known(each) === undefined).map(({ subjectId }) => subjectId));
      const asked = new Set([...unknown].slice(0, MAX_ASKED));
      const refusals: Refusal[] = [];
      const waiting: Counted[] = [];
      for (const each of counted) {
        const { subjectId } = each;
        const scope = asked.has(subjectId) ? await this.scopeOf(subjectId) : this.known(each);
        if (scope) refusals.push(toRefusal(each, scope));
        else if (scope === undefined) waiting.push(each);
      }
      await this.work.run((tx) => this.store.add(tx, refusals));
      this.tally.putBack(waiting.slice(0, MAX_WAITING));
    } catch (error) {
      this.tally.putBack(counted);
      throw error;
    }
  }

  /** Null: there is no such agent or token, somebody guesses. Undefined: nobody was asked yet. */
  private known({ subjectId, principal }: Counted): Scope | null | undefined {
    if (principal) return { orgId: principal.orgId, projectId: principal.projectId, environmentId: principal.environmentId };
    return this.scopes.get(subjectId);
  }

  private async scopeOf(subjectId: string): Promise<Scope | null> {
    const known = this.scopes.get(subjectId);
    if (known !== undefined) return known;
    if (this.scopes.size >= MAX_KNOWN) this.scopes.clear();
    const context = { actor: { kind: 'service', id: 'ingest' }, correlationId: newUuid() } as const;
    const { scope } = await this.rpc.call(locateResource.catalog, { id: subjectId }, context);
    const { orgId, projectId, environmentId } = scope ?? {};
    const found = orgId && projectId && environmentId ? { orgId, projectId, environmentId } : null;
    this.scopes.set(subjectId, found);
    return found;
  }
}

function draft({ subjectId, orgId, projectId, environmentId, minute, status, code, count }: Refusal): MessageDraft {
  const refused = { minute: minute.toISOString(), status, code, count };
  const aggregate = { id: subjectId, version: minute.getTime() };
  const place = { orgId, projectId, environmentId, aggregate };
  return isId('agent', subjectId)
    ? { contract: agentRefused, data: { agentId: subjectId, ...refused }, ...place }
    : { contract: enrolmentRefused, data: { enrolmentId: subjectId, ...refused }, ...place };
}
