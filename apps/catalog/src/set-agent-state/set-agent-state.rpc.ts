import { Controller } from '@nestjs/common';
import { type Agent, type CallContext, SetAgentState, setAgentState } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { SetAgentStateHandler } from './set-agent-state.handler.js';

@Controller()
export class SetAgentStateRpc {
  constructor(private readonly handler: SetAgentStateHandler) {}

  @Rpc(setAgentState)
  setState(request: SetAgentState, context: CallContext): Promise<Agent> {
    return this.handler.execute(request, context);
  }
}
