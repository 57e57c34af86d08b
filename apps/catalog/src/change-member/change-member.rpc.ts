import { Controller } from '@nestjs/common';
import { addMember, type CallContext, ChangeMember, type Membership, removeMember } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { ChangeMemberHandler } from './change-member.handler.js';

@Controller()
export class ChangeMemberRpc {
  constructor(private readonly handler: ChangeMemberHandler) {}

  @Rpc(addMember)
  add(request: ChangeMember, context: CallContext): Promise<Membership> {
    return this.handler.add(request, context);
  }

  @Rpc(removeMember)
  remove(request: ChangeMember, context: CallContext): Promise<{ removed: boolean }> {
    return this.handler.remove(request, context);
  }
}
