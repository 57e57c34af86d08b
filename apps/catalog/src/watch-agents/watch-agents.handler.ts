import { Inject, Injectable } from '@nestjs/common';
import {
  type AgentHeardFact,
  agentSequenceGap,
  agentSilent,
  type CallContext,
  type Heartbeat,
  heartbeatSubject,
  newUuid,
  type SequenceKind,
  withoutNumbers,
} from '@reenact/contracts';
import { NATS, type NatsConnection, Outbox, readTelemetry } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { CATALOG_CONFIG, type CatalogConfig } from '../catalog.config.js';
import { AgentStore, type StoredAgent } from '../store/agent.store.js';
import { type MissedSequence, SequenceStore } from '../store/sequence.store.js';

/** How long a number may be late: another replica or an upload beside it may still bring it. */
const LATE_MS: Record<SequenceKind, number> = { heartbeat: 5_000, upload: 15_000 };
const BOOT_KEPT_MS = 7 * 24 * 60 * 60_000;
/** Of each agent and kind. */
const BOOTS_KEPT = 100;
const BATCH = 100;
const FORGET_BATCH = 1_000;

/** Looks for agents that fell silent and for numbers that did not arrive, and says so, once. */
@Injectable()
export class WatchAgentsHandler {
  constructor(
    @Inject(CATALOG_CONFIG) private readonly config: Pick<CatalogConfig, 'agentSilentAfterMs'>,
    @Inject(NATS) private readonly nc: NatsConnection,
    private readonly work: UnitOfWork,
    private readonly agents: AgentStore,
    private readonly sequences: SequenceStore,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  /** `listeningSince`: nobody is silent who could not have been heard for as long. Answers how many agents fell silent. */
  markSilent(listeningSince: Date): Promise<number> {
    const heardBefore = new Date(this.clock.now().getTime() - this.config.agentSilentAfterMs);
    if (listeningSince > heardBefore) return Promise.resolve(0);
    return this.work.run(async (tx) => {
      const silent = await this.agents.fallSilent(tx, heardBefore, BATCH);
      await this.outbox.add(
        tx,
        asCatalog(),
        silent.map((agent) => ({ contract: agentSilent, data: heardFact(agent), ...placeOf(agent) })),
      );
      return silent.length;
    });
  }

  /** Answers how many gaps there are to tell. */
  async tellGaps(): Promise<number> {
    const told = await Promise.all([this.tellGapsOf('heartbeat'), this.tellGapsOf('upload')]);
    return told[0] + told[1];
  }

  /** Answers how many boots it forgot. */
  async forgetEndedBoots(): Promise<number> {
    const before = new Date(this.clock.now().getTime() - BOOT_KEPT_MS);
    const ended = await this.sequences.prune(this.work, before, FORGET_BATCH);
    return ended + (await this.sequences.pruneAllBut(this.work, BOOTS_KEPT, FORGET_BATCH));
  }

  private tellGapsOf(kind: SequenceKind): Promise<number> {
    const now = this.clock.now();
    const before = new Date(now.getTime() - LATE_MS[kind]);
    return this.work.run(async (tx) => {
      const missed = await this.sequences.takeMissed(tx, { kind, before, now, limit: BATCH });
      const lost = kind === 'heartbeat' ? await Promise.all(missed.map((each) => this.notInStream(each))) : missed;
      const drafts = lost.flatMap(({ agentId, bootId, orgId, projectId, environmentId, version, missing }) =>
        missing.map(({ from, to }) => ({
          contract: agentSequenceGap,
          data: { agentId, kind, bootId, from, to },
          orgId,
          projectId,
          environmentId,
          aggregate: { id: agentId, version },
        })),
      );
      await this.outbox.add(tx, asCatalog(), drafts);
      return drafts.length;
    });
  }

  /** A replica that dies hands over nothing more; what it had answered for lies in the stream, and is not missing. */
  private async notInStream(missed: MissedSequence): Promise<MissedSequence> {
    if (missed.missing.length === 0) return missed;
    const kept = await readTelemetry<Heartbeat>(this.nc, heartbeatSubject(missed.orgId, missed.agentId));
    const numbers = kept.filter(({ bootId }) => bootId === missed.bootId).map(({ sequence }) => sequence);
    return { ...missed, missing: withoutNumbers(missed.missing, numbers) };
  }
}

/** What the events of an agent's silence and return say. */
export function heardFact({ id, name, state, lastHeartbeatAt = '' }: StoredAgent): AgentHeardFact {
  return { agentId: id, name, state, lastHeartbeatAt };
}

/** Where an agent's event belongs. */
export function placeOf({ id, orgId, projectId, environmentId, version }: StoredAgent) {
  return { orgId, projectId, environmentId, aggregate: { id, version } };
}

function asCatalog(): CallContext {
  return { actor: { kind: 'service', id: 'catalog' }, correlationId: newUuid() };
}
