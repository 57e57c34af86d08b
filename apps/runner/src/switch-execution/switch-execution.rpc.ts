import { Controller } from '@nestjs/common';
import {
  type CallContext,
  type ExecutionSwitch,
  type ReadSwitch,
  readSwitch,
  type SetSwitch,
  setSwitch,
} from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { SwitchExecutionHandler } from './switch-execution.handler.js';

/** Pause and kill switch of an environment, answered by whichever pool is asked: also when every execute pool is busy or down. */
@Controller()
export class SwitchExecutionRpc {
  constructor(private readonly handler: SwitchExecutionHandler) {}

  @Rpc(readSwitch)
  read({ environmentId }: ReadSwitch): Promise<ExecutionSwitch> {
    return this.handler.read(environmentId);
  }

  @Rpc(setSwitch)
  set(request: SetSwitch, context: CallContext): Promise<ExecutionSwitch> {
    return this.handler.set(request, context);
  }
}
