import { Controller } from '@nestjs/common';
import { type CallContext, EnrolAgent, enrolAgent, type EnrolledAgent } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { EnrolAgentHandler } from './enrol-agent.handler.js';

@Controller()
export class EnrolAgentRpc {
  constructor(private readonly handler: EnrolAgentHandler) {}

  @Rpc(enrolAgent)
  enrol(request: EnrolAgent, context: CallContext): Promise<EnrolledAgent> {
    return this.handler.execute(request, context);
  }
}
