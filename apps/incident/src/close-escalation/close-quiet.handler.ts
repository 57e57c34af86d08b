import { Injectable } from '@nestjs/common';
import { newUuid } from '@reenact/contracts';
import { UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { Escalations } from '../raise-escalation/escalations.js';
import { AgentHealthStore } from '../store/agent-health.store.js';
import { EscalationStore } from '../store/escalation.store.js';

const QUIET_MS = 15 * 60_000;
const NOTED_MS = 24 * 60 * 60_000;
const BATCH = 100;

/** Closes what heals by quiet, and forgets refusals that no burst can count any more. */
@Injectable()
export class CloseQuietHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly store: EscalationStore,
    private readonly health: AgentHealthStore,
    private readonly escalations: Escalations,
    private readonly clock: Clock,
  ) {}

  /** Answers how many it closed. */
  execute(): Promise<number> {
    const ago = (ms: number) => new Date(this.clock.now().getTime() - ms);
    return this.work.run(async (tx) => {
      const quiet = await this.store.lockQuiet(tx, { since: ago(QUIET_MS), notedSince: ago(NOTED_MS), limit: BATCH });
      const context = { actor: { kind: 'service', id: 'incident' }, correlationId: newUuid() } as const;
      for (const each of quiet) await this.escalations.close(tx, each, context);
      await this.health.forgetRefusals(tx, ago(NOTED_MS));
      return quiet.length;
    });
  }
}
