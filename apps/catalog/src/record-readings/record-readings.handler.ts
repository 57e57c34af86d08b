import { Injectable } from '@nestjs/common';
import { type AgentReading, agentReturned, type CallContext } from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { AgentStore } from '../store/agent.store.js';
import { type Arrival, SequenceStore } from '../store/sequence.store.js';
import { heardFact, placeOf } from '../watch-agents/watch-agents.handler.js';

@Injectable()
export class RecordReadingsHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly agents: AgentStore,
    private readonly sequences: SequenceStore,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  execute(readings: readonly AgentReading[], context: CallContext): Promise<{ recorded: number }> {
    return this.work.run(async (tx) => {
      // The agents' rows are locked in order here, before anything else of them is written.
      const known = await this.agents.lockAll(tx, readings);
      await this.sequences.arrive(tx, 'heartbeat', readings.flatMap(arrivalsOf), this.clock.now());
      const recorded = await this.agents.record(tx, readings);
      const returned = recorded.filter(({ id }) => known.get(id) === 'silent');
      await this.outbox.add(
        tx,
        context,
        returned.map((agent) => ({ contract: agentReturned, data: heardFact(agent), ...placeOf(agent) })),
      );
      return { recorded: recorded.length };
    });
  }
}

function arrivalsOf({ agentId, bootId, sequence, arrived = [{ from: sequence, to: sequence }] }: AgentReading): Arrival[] {
  return arrived.map(({ from, to }) => ({ agentId, bootId, from, to }));
}
