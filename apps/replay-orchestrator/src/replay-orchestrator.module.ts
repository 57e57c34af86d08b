import { type DynamicModule, Module } from '@nestjs/common';
import { MessagingModule } from '@reenact/messaging';
import { messagingTables, PersistenceModule } from '@reenact/persistence';
import { ServiceKitModule } from '@reenact/service-kit';
import { AdvanceReplaysHandler } from './advance-replays/advance-replays.handler.js';
import { CancelReplayRpc } from './cancel-replay/cancel-replay.rpc.js';
import { CheckReplaysHandler } from './check-replays/check-replays.handler.js';
import { CheckReplaysTimer } from './check-replays/check-replays.timer.js';
import { ReadFacts } from './check-replays/read-facts.js';
import { ConfirmDispatchRpc } from './confirm-dispatch/confirm-dispatch.rpc.js';
import { EndLateReplaysHandler } from './end-late-replays/end-late-replays.handler.js';
import { EndLateReplaysTimer } from './end-late-replays/end-late-replays.timer.js';
import { FollowRunConsumer } from './follow-run/follow-run.consumer.js';
import { FollowRunHandler } from './follow-run/follow-run.handler.js';
import { FollowSwitchConsumer } from './follow-switch/follow-switch.consumer.js';
import { FollowUseConsumer } from './follow-use/follow-use.consumer.js';
import { ReadReplayRpc } from './read-replay/read-replay.rpc.js';
import type { ReplayOrchestratorConfig } from './replay-orchestrator.config.js';
import { RequestReplayHandler } from './request-replay/request-replay.handler.js';
import { RequestReplayRpc } from './request-replay/request-replay.rpc.js';
import { ResolveReplayRpc } from './resolve-replay/resolve-replay.rpc.js';
import { ExecutionSwitch1764000000006 } from './store/execution-switch.migration.js';
import { JournalStore } from './store/journal.store.js';
import { ReplayStore } from './store/replay.store.js';
import { ReplayLists1764000000005 } from './store/replay-lists.migration.js';
import { ReplayTables1700000001000 } from './store/replay-tables.migration.js';
import { SlotStore } from './store/slot.store.js';
import { SwitchStore } from './store/switch.store.js';

/** Replays: the saga, its journal, its verdicts. */
@Module({})
export class ReplayOrchestratorModule {
  static register(config: ReplayOrchestratorConfig): DynamicModule {
    return {
      module: ReplayOrchestratorModule,
      imports: [
        ServiceKitModule,
        PersistenceModule.forRoot({
          service: 'replay-orchestrator',
          database: config.database,
          entities: [],
          migrations: [
            messagingTables('replay-orchestrator'),
            ReplayTables1700000001000,
            ReplayLists1764000000005,
            ExecutionSwitch1764000000006,
          ],
        }),
        MessagingModule.forRoot({ service: 'replay-orchestrator', nats: config.nats }),
      ],
      controllers: [
        RequestReplayRpc,
        ReadReplayRpc,
        CancelReplayRpc,
        ResolveReplayRpc,
        ConfirmDispatchRpc,
        FollowUseConsumer,
        FollowRunConsumer,
        FollowSwitchConsumer,
      ],
      providers: [
        ReplayStore,
        SlotStore,
        SwitchStore,
        JournalStore,
        AdvanceReplaysHandler,
        RequestReplayHandler,
        ReadFacts,
        CheckReplaysHandler,
        CheckReplaysTimer,
        EndLateReplaysHandler,
        EndLateReplaysTimer,
        FollowRunHandler,
      ],
    };
  }
}
