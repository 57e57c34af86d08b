import { Injectable } from '@nestjs/common';
import { type AddNote, type CallContext, newUuid, noteAdded, Problem, type TimelineEntry } from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import { IdempotencyStore, type Transaction, UnitOfWork } from '@reenact/persistence';
import { entryOf } from '../domain/timeline-entry.js';
import { IncidentStore } from '../store/incident.store.js';
import { TimelineStore } from '../store/timeline.store.js';

@Injectable()
export class AddNoteHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly idempotency: IdempotencyStore,
    private readonly incidents: IncidentStore,
    private readonly timeline: TimelineStore,
    private readonly outbox: Outbox,
  ) {}

  execute(request: AddNote, context: CallContext): Promise<TimelineEntry> {
    const { idempotency: claim } = request;
    return this.work.run((tx) => {
      const add = () => this.add(tx, request, context);
      return claim ? this.idempotency.once(tx, claim, add) : add();
    });
  }

  private async add(tx: Transaction, { incidentId, text }: AddNote, context: CallContext): Promise<TimelineEntry> {
    const stored = await this.incidents.find(tx, incidentId);
    if (!stored) throw new Problem('not_found');
    const { orgId, projectId, environmentId } = stored.incident;
    const noteId = newUuid();
    const [envelope] = await this.outbox.add(tx, context, [
      {
        contract: noteAdded,
        data: { incidentId, noteId, text },
        orgId,
        projectId,
        environmentId,
        aggregate: { id: noteId, version: 1 },
      },
    ]);
    const entry = entryOf(envelope, { text });
    await this.timeline.add(tx, [{ ownerId: incidentId, entry }]);
    return entry;
  }
}
