import { Injectable } from '@nestjs/common';
import { type Envelope, Problem, type ReplayChanged, type ReplayNoted, type ReplayState } from '@reenact/contracts';
import { causedBy } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';
import { findingsOf, healedBy } from '../domain/finding.js';
import { entryOf } from '../domain/timeline-entry.js';
import { Escalations } from '../raise-escalation/escalations.js';
import { EvidenceStore } from '../store/evidence.store.js';
import { ReplayStore } from '../store/replay.store.js';
import { TimelineStore } from '../store/timeline.store.js';

/** States that a replay only passes through; a person looking at an incident gains nothing from them. */
const PASSING: readonly ReplayState[] = ['checking', 'reserving', 'dispatching'];
/** States that show something to be wrong, or right again: who dispatches has passed every check. */
const ESCALATING: readonly ReplayState[] = ['rejected', 'indeterminate', 'dispatching'];

@Injectable()
export class FollowReplayHandler {
  constructor(
    private readonly evidence: EvidenceStore,
    private readonly replays: ReplayStore,
    private readonly timeline: TimelineStore,
    private readonly escalations: Escalations,
  ) {}

  /** Takes what happened to many replays, in this order. */
  async changed(tx: Transaction, envelopes: readonly Envelope<ReplayChanged>[]): Promise<void> {
    if (envelopes.length === 0) return;
    const incidents = await this.incidentsOf(
      tx,
      envelopes.map(({ data }) => data.artifactId),
    );
    const newest = await Promise.all(
      envelopes.map((envelope) =>
        this.replays.project(tx, {
          id: envelope.data.replayId,
          artifactId: envelope.data.artifactId,
          incidentId: incidents.get(envelope.data.artifactId),
          version: envelope.aggregate.version,
          fields: shapeOf(envelope),
        }),
      ),
    );
    for (const [index, envelope] of envelopes.entries()) {
      if (newest[index]) await this.escalate(tx, envelope, incidents.get(envelope.data.artifactId));
    }
    const telling = envelopes.filter(({ data }) => !PASSING.includes(data.state));
    await this.timeline.add(
      tx,
      telling.map((envelope) => {
        const { artifactId, mode, state, codes, detail } = envelope.data;
        const entry = entryOf(envelope, { ...(detail && { text: detail }), data: { mode, state, ...(codes && { codes }) } });
        return { ownerId: incidents.get(artifactId) ?? artifactId, entry };
      }),
    );
  }

  async noted(tx: Transaction, envelope: Envelope<ReplayNoted>): Promise<void> {
    const { replayId: id, state, reason, outcome } = envelope.data;
    const artifactId = await this.replays.artifactOf(tx, id);
    if (artifactId === undefined) throw new Problem('try_later', { detail: `replay ${id} is not known yet` });
    const incidentId = (await this.incidentsOf(tx, [artifactId])).get(artifactId);
    if (outcome !== undefined) await this.escalations.heal(tx, 'replay_indeterminate', id, causedBy(envelope));
    const fields = outcome === undefined ? {} : { resolution: { outcome, ...(reason && { reason }) } };
    await this.replays.project(tx, { id, artifactId, incidentId, version: envelope.aggregate.version, fields });
    const entry = entryOf(envelope, { ...(reason && { text: reason }), data: { state, ...(outcome && { outcome }) } });
    await this.timeline.add(tx, [{ ownerId: incidentId ?? artifactId, entry }]);
  }

  private async escalate(tx: Transaction, envelope: Envelope<ReplayChanged>, incidentId: string | undefined): Promise<void> {
    const { state, artifactId } = envelope.data;
    if (!ESCALATING.includes(state)) return;
    const specHash = await this.evidence.specHashOf(tx, artifactId);
    const seen = { replay: envelope.data, scope: envelope, specHash, incidentId };
    const context = causedBy(envelope);
    for (const finding of findingsOf(seen)) await this.escalations.raise(tx, { finding, scope: envelope }, context);
    if (state !== 'dispatching') return;
    for (const { kind, subject } of healedBy(seen)) await this.escalations.heal(tx, kind, subject, context);
  }

  private async incidentsOf(tx: Transaction, artifactIds: readonly string[]): Promise<Map<string, string>> {
    const [, incidents] = await Promise.all([this.evidence.lock(tx, artifactIds), this.evidence.incidentsOf(tx, artifactIds)]);
    return incidents;
  }
}

/** The replay's shape, as far as its event tells. */
function shapeOf({ data, time, orgId, projectId, environmentId }: Envelope<ReplayChanged>): object {
  const { replayId: id, from: _from, checks: _checks, codes, detail, at, ...rest } = data;
  return {
    id,
    orgId,
    projectId,
    environmentId,
    ...rest,
    ...(codes && { rejection: { codes, code: codes[0], ...(detail && { detail }) } }),
    changedAt: at,
    createdAt: time,
  };
}
