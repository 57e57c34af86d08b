import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type AccessDenied, accessDenied, type MessageDraft, newUuid, type Problem } from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { Clock, WorkLoop } from '@reenact/service-kit';
import type { Caller } from '../http/call.js';

const FLUSH_MS = 500;
/** Distinct denials held between two flushes; more than these are counted on the last of them, so that a flood costs no memory. */
const MAX_HELD = 1000;

interface Denial {
  data: AccessDenied;
  orgId: string;
  userId: string;
}

/** Refused calls become `access.denied` events: equal ones of one actor, code and minute are one event with a count. */
@Injectable()
export class RecordDenials implements OnApplicationBootstrap, OnModuleDestroy {
  private held = new Map<string, Denial>();
  private readonly loop = new WorkLoop({ name: 'record-denials', intervalMs: FLUSH_MS, work: () => this.flush() });

  constructor(
    private readonly work: UnitOfWork,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop.stop();
    await this.flush();
  }

  note(caller: Caller, route: string, problem: Problem, resource: string | undefined): void {
    const minute = Math.floor(this.clock.now().getTime() / 60_000);
    const orgs = [...new Set(caller.memberships.map((membership) => membership.orgId))];
    // Whom no organisation knows is denied in the installation's own log.
    const orgId = orgs.length === 1 ? orgs[0] : '-';
    const key = `${caller.userId} ${problem.code} ${minute} ${route}`;
    const known = this.held.get(key) ?? (this.held.size >= MAX_HELD ? [...this.held.values()].at(-1) : undefined);
    if (known) {
      known.data.count += 1;
      return;
    }
    const data = { route, code: problem.code, status: problem.status, ...(resource !== undefined && { resource }), count: 1 };
    this.held.set(key, { data, orgId, userId: caller.userId || 'anonymous' });
  }

  private async flush(): Promise<number> {
    const denials = [...this.held.values()];
    if (denials.length === 0) return 0;
    this.held = new Map();
    await this.work.run(async (tx) => {
      for (const { data, orgId, userId } of denials) {
        const draft: MessageDraft<AccessDenied> = {
          contract: accessDenied,
          data,
          orgId,
          aggregate: { id: newUuid(), version: 1 },
        };
        await this.outbox.add(tx, { actor: { kind: 'user', id: userId }, correlationId: draft.aggregate.id }, [draft]);
      }
    });
    return 0;
  }
}
