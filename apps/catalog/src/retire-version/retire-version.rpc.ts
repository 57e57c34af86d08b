import { Controller } from '@nestjs/common';
import { type CallContext, type PipelineVersion, ReadVersion, retireVersion } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { RetireVersionHandler } from './retire-version.handler.js';

@Controller()
export class RetireVersionRpc {
  constructor(private readonly handler: RetireVersionHandler) {}

  @Rpc(retireVersion)
  retire({ versionId }: ReadVersion, context: CallContext): Promise<PipelineVersion> {
    return this.handler.execute(versionId, context);
  }
}
