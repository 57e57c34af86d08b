import { Controller } from '@nestjs/common';
import { type CallContext, type IncidentContext, ReadIncident, readIncidentContext } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { ReadContextHandler } from './read-context.handler.js';

@Controller()
export class ReadContextRpc {
  constructor(private readonly handler: ReadContextHandler) {}

  @Rpc(readIncidentContext)
  read({ incidentId }: ReadIncident, context: CallContext): Promise<IncidentContext> {
    return this.handler.execute(incidentId, context);
  }
}
