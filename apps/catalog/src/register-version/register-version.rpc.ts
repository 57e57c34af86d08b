import { Controller } from '@nestjs/common';
import { type CallContext, RegisterVersion, registerVersion } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { type Registered, RegisterVersionHandler } from './register-version.handler.js';

@Controller()
export class RegisterVersionRpc {
  constructor(private readonly handler: RegisterVersionHandler) {}

  @Rpc(registerVersion)
  register(request: RegisterVersion, context: CallContext): Promise<Registered> {
    return this.handler.execute(request, context);
  }
}
