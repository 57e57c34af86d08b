import { Controller } from '@nestjs/common';
import { type CallContext, type Incident, UpdateIncident, updateIncident } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { UpdateIncidentHandler } from './update-incident.handler.js';

@Controller()
export class UpdateIncidentRpc {
  constructor(private readonly handler: UpdateIncidentHandler) {}

  @Rpc(updateIncident)
  update(request: UpdateIncident, context: CallContext): Promise<Incident> {
    return this.handler.execute(request, context);
  }
}
