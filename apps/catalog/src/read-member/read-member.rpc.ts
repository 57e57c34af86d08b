import { Controller } from '@nestjs/common';
import { ListMembers, listMembers, type Membership, type Page, ReadAccess, readAccess } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { keysetOf, pageOf, UnitOfWork } from '@reenact/persistence';
import { MemberStore } from '../store/member.store.js';

@Controller()
export class ReadMemberRpc {
  constructor(
    private readonly work: UnitOfWork,
    private readonly members: MemberStore,
  ) {}

  @Rpc(readAccess)
  async readAccess({ userId }: ReadAccess): Promise<{ memberships: Membership[] }> {
    return { memberships: await this.members.ofUser(this.work, userId) };
  }

  @Rpc(listMembers)
  async list(request: ListMembers): Promise<Page<Membership>> {
    const keyset = keysetOf(request);
    const rows = await this.members.list(this.work, request.orgId, keyset);
    return pageOf(rows, keyset.limit, (row) => row);
  }
}
