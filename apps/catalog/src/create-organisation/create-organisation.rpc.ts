import { Controller } from '@nestjs/common';
import { type CallContext, CreateOrganisation, createOrganisation, type Organisation } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { CreateOrganisationHandler } from './create-organisation.handler.js';

@Controller()
export class CreateOrganisationRpc {
  constructor(private readonly handler: CreateOrganisationHandler) {}

  @Rpc(createOrganisation)
  create(request: CreateOrganisation, context: CallContext): Promise<Organisation> {
    return this.handler.execute(request, context);
  }
}
