import { Controller } from '@nestjs/common';
import { type CallContext, type Incident, OpenIncident, openIncident } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { OpenIncidentHandler } from './open-incident.handler.js';

@Controller()
export class OpenIncidentRpc {
  constructor(private readonly handler: OpenIncidentHandler) {}

  @Rpc(openIncident)
  open(request: OpenIncident, context: CallContext): Promise<Incident> {
    return this.handler.execute(request, context);
  }
}
