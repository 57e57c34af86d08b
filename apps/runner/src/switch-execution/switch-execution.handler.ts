import { Injectable } from '@nestjs/common';
import { type CallContext, type ExecutionSwitch, type SetSwitch, switchSet } from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { ExecutionSwitches, type SwitchRow } from '../store/execution-switch.store.js';

@Injectable()
export class SwitchExecutionHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly outbox: Outbox,
    private readonly switches: ExecutionSwitches,
    private readonly clock: Clock,
  ) {}

  async read(environmentId: string): Promise<ExecutionSwitch> {
    const row = await this.switches.find(environmentId);
    return row ? shown(row) : { environmentId, state: 'running' };
  }

  async set({ orgId, projectId, environmentId, state, reason }: SetSwitch, context: CallContext): Promise<ExecutionSwitch> {
    return this.work.run(async (tx) => {
      const { id: changed_by, name: changed_by_name = null } = context.actor;
      const changed_at = this.clock.now();
      const wanted = { environment_id: environmentId, state, reason, changed_by, changed_by_name, changed_at };
      const { row, before } = await this.switches.set(tx, wanted);
      await this.outbox.add(tx, context, [
        {
          contract: switchSet,
          data: { environmentId, before, after: state, reason },
          orgId,
          projectId,
          environmentId,
          aggregate: { id: environmentId, version: row.version },
        },
      ]);
      return shown(row);
    });
  }
}

function shown({ environment_id, state, reason, changed_by, changed_at }: SwitchRow): ExecutionSwitch {
  return { environmentId: environment_id, state, reason, changedBy: changed_by, changedAt: changed_at.toISOString() };
}
