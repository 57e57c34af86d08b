import { Controller } from '@nestjs/common';
import {
  type Approval,
  type CallContext,
  type DsseEnvelope,
  type ListApprovals,
  type ListSigningKeys,
  type LocatedResource,
  type LocateResource,
  listApprovals,
  listSigningKeys,
  locateResource,
  type Page,
  Problem,
  type ReadApproval,
  type ReadCredential,
  readApproval,
  readCredential,
  readPosture,
  type SignedKeySet,
} from '@reenact/contracts';
import { Rpc, RpcClient } from '@reenact/messaging';
import { keysetOf, pageOf, UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { stateAt, toApproval } from '../domain/approval.js';
import { SigningKeys } from '../signing-keys/signing-keys.js';
import { ApprovalStore } from '../store/approval.store.js';

@Controller()
export class ReadApprovalRpc {
  constructor(
    private readonly work: UnitOfWork,
    private readonly approvals: ApprovalStore,
    private readonly keys: SigningKeys,
    private readonly rpc: RpcClient,
    private readonly clock: Clock,
  ) {}

  @Rpc(readApproval)
  async read({ approvalId }: ReadApproval): Promise<Approval> {
    const approval = await this.approvals.read(this.work, approvalId);
    if (!approval) throw new Problem('not_found');
    return toApproval(approval, this.now());
  }

  @Rpc(listApprovals)
  async list(filter: ListApprovals, context: CallContext): Promise<Page<Approval>> {
    const keyset = keysetOf(filter);
    const at = this.now();
    const rows = await this.approvals.list(this.work, filter, keyset, at);
    const page = pageOf(rows, keyset.limit, (row) => ({ key: row.id, item: toApproval(row, at) }));
    return filter.eligibleFor === undefined ? page : { ...page, items: await this.underPostureOfNow(page.items, context) };
  }

  /** Of the approvals of one dry run, those that no change of the posture has voided since. */
  private async underPostureOfNow(approvals: Approval[], context: CallContext): Promise<Approval[]> {
    if (approvals.length === 0) return [];
    const { revision } = await this.rpc.call(readPosture, { environmentId: approvals[0].environmentId }, context);
    return approvals.filter(({ postureRevision }) => postureRevision === revision);
  }

  @Rpc(readCredential)
  async credential({ approvalId, format }: ReadCredential): Promise<{ envelope: DsseEnvelope; compact?: string }> {
    const found = await this.approvals.credential(this.work, approvalId);
    if (!found) throw new Problem('not_found');
    const { approval, envelope } = found;
    if (!envelope) throw new Problem('approval_not_approved', { members: { state: stateAt(approval, this.now()) } });
    return { envelope, ...(format === 'compact-v1' && { compact: await this.keys.renderCompact(envelope) }) };
  }

  @Rpc(listSigningKeys)
  signingKeys(_request: ListSigningKeys): Promise<SignedKeySet> {
    return this.keys.keySet();
  }

  @Rpc(locateResource.approval)
  async locate({ id }: LocateResource): Promise<LocatedResource> {
    const approval = await this.approvals.read(this.work, id);
    if (!approval) return { scope: null };
    const { orgId, projectId, environmentId } = approval;
    return { scope: { id, orgId, projectId, environmentId } };
  }

  private now(): string {
    return this.clock.now().toISOString();
  }
}
