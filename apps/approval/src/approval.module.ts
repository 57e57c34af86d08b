import { type DynamicModule, Module } from '@nestjs/common';
import { MessagingModule } from '@reenact/messaging';
import { messagingTables, PersistenceModule } from '@reenact/persistence';
import { ServiceKitModule } from '@reenact/service-kit';
import { APPROVAL_CONFIG, type ApprovalConfig } from './approval.config.js';
import { CheckApprovalRpc } from './check-approval/check-approval.rpc.js';
import { DecideApprovalHandler } from './decide-approval/decide-approval.handler.js';
import { DecideApprovalRpc } from './decide-approval/decide-approval.rpc.js';
import { ExpireApprovalsHandler } from './expire-approvals/expire-approvals.handler.js';
import { ExpireApprovalsTimer } from './expire-approvals/expire-approvals.timer.js';
import { HoldUseConsumer } from './hold-use/hold-use.consumer.js';
import { HoldUseHandler } from './hold-use/hold-use.handler.js';
import { ReadApprovalRpc } from './read-approval/read-approval.rpc.js';
import { RequestApprovalHandler } from './request-approval/request-approval.handler.js';
import { RequestApprovalRpc } from './request-approval/request-approval.rpc.js';
import { SettleUseHandler } from './settle-use/settle-use.handler.js';
import { SettleUseRpc } from './settle-use/settle-use.rpc.js';
import { SigningKeys } from './signing-keys/signing-keys.js';
import { ApprovalStore } from './store/approval.store.js';
import { ApprovalLists1764000000005 } from './store/approval-lists.migration.js';
import { ApprovalTables1700000001000 } from './store/approval-tables.migration.js';
import { SigningKeyStore } from './store/signing-key.store.js';
import { UseStore } from './store/use.store.js';

/** Who may run a plan for real: requests, decisions, the one use of each, and the credentials that say so. */
@Module({})
export class ApprovalModule {
  static register(config: ApprovalConfig): DynamicModule {
    return {
      module: ApprovalModule,
      imports: [
        ServiceKitModule,
        PersistenceModule.forRoot({
          service: 'approval',
          database: config.database,
          entities: [],
          migrations: [messagingTables('approval'), ApprovalTables1700000001000, ApprovalLists1764000000005],
        }),
        MessagingModule.forRoot({ service: 'approval', nats: config.nats }),
      ],
      controllers: [RequestApprovalRpc, DecideApprovalRpc, CheckApprovalRpc, SettleUseRpc, ReadApprovalRpc, HoldUseConsumer],
      providers: [
        { provide: APPROVAL_CONFIG, useValue: config },
        ApprovalStore,
        UseStore,
        SigningKeyStore,
        SigningKeys,
        RequestApprovalHandler,
        DecideApprovalHandler,
        HoldUseHandler,
        SettleUseHandler,
        ExpireApprovalsHandler,
        ExpireApprovalsTimer,
      ],
    };
  }
}
