import { Controller } from '@nestjs/common';
import { type CallContext, type ChangedPosture, ChangePosture, changePosture } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { ChangePostureHandler } from './change-posture.handler.js';

@Controller()
export class ChangePostureRpc {
  constructor(private readonly handler: ChangePostureHandler) {}

  @Rpc(changePosture)
  change(request: ChangePosture, context: CallContext): Promise<ChangedPosture> {
    return this.handler.execute(request, context);
  }
}
