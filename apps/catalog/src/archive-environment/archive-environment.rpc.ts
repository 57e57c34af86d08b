import { Controller } from '@nestjs/common';
import { archiveEnvironment, type CallContext, type Environment, ReadEnvironment } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { ArchiveEnvironmentHandler } from './archive-environment.handler.js';

@Controller()
export class ArchiveEnvironmentRpc {
  constructor(private readonly handler: ArchiveEnvironmentHandler) {}

  @Rpc(archiveEnvironment)
  archive({ environmentId }: ReadEnvironment, context: CallContext): Promise<Environment> {
    return this.handler.execute(environmentId, context);
  }
}
