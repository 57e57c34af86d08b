import type { DynamicModule, Provider, Type } from '@nestjs/common';
import { MessagingModule } from '@reenact/messaging';
import { openObjectStore } from '@reenact/object-store';
import { messagingTables, PersistenceModule } from '@reenact/persistence';
import { ServiceKitModule } from '@reenact/service-kit';
import { AcceptRunHandler } from './accept-run/accept-run.handler.js';
import { KnownVersions } from './make-plan/known-versions.js';
import { PlanMaker } from './make-plan/plan-maker.js';
import { RunReports } from './make-plan/run-reports.js';
import { ListActionsHandler } from './read-run/list-actions.handler.js';
import { ReadRunHandler } from './read-run/read-run.handler.js';
import { ReadRunRpc } from './read-run/read-run.rpc.js';
import { StoredPlan } from './read-run/stored-plan.js';
import { OBJECTS, RUNNER_CONFIG, type RunnerPoolConfig } from './runner.config.js';
import { EffectIdempotent1764000000004 } from './store/effect-idempotent.migration.js';
import { EffectResolvedBy1764000000009 } from './store/effect-resolved-by.migration.js';
import { EffectReads } from './store/effect-reads.store.js';
import { ExecutionSwitch1764000000002 } from './store/execution-switch.migration.js';
import { ExecutionSwitches } from './store/execution-switch.store.js';
import { RivalCommand1764000000001 } from './store/rival-command.migration.js';
import { RivalMode1764000000005 } from './store/rival-mode.migration.js';
import { RunTables1764000000000 } from './store/run.migration.js';
import { RunStore } from './store/run.store.js';
import { RunClaims } from './store/run-claims.store.js';
import { RunStartBy1764000000007 } from './store/run-start-by.migration.js';
import { RunTrace1764000000003 } from './store/run-trace.migration.js';
import { StorageOutages } from './store/storage-outages.js';
import { SwitchSetter1764000000008 } from './store/switch-setter.migration.js';
import { TargetTurn1764000000006 } from './store/target-turn.migration.js';
import { SwitchExecutionHandler } from './switch-execution/switch-execution.handler.js';
import { SwitchExecutionRpc } from './switch-execution/switch-execution.rpc.js';
import { DispatchCheck } from './take-runs/dispatch-check.js';
import { RunLoop } from './take-runs/run-loop.js';
import { SharedCalls } from './take-runs/shared-calls.js';
import { WithdrawRunConsumer } from './withdraw-run/withdraw-run.consumer.js';
import { WithdrawRunHandler } from './withdraw-run/withdraw-run.handler.js';

/** What both pools are made of. Must know of nothing that reaches a target: the dry-run pool's graph goes through here. */
export const coreImports = (config: RunnerPoolConfig): DynamicModule['imports'] => [
  PersistenceModule.forRoot({
    service: 'runner',
    database: config.database,
    entities: [],
    migrations: [
      messagingTables('runner'),
      RunTables1764000000000,
      RivalCommand1764000000001,
      ExecutionSwitch1764000000002,
      RunTrace1764000000003,
      EffectIdempotent1764000000004,
      RivalMode1764000000005,
      TargetTurn1764000000006,
      RunStartBy1764000000007,
      SwitchSetter1764000000008,
      EffectResolvedBy1764000000009,
    ],
  }),
  MessagingModule.forRoot({ service: 'runner', nats: config.nats }),
  ServiceKitModule,
];

export const coreControllers: Type[] = [ReadRunRpc, SwitchExecutionRpc, WithdrawRunConsumer];

export const coreProviders = (config: RunnerPoolConfig): Provider[] => [
  { provide: RUNNER_CONFIG, useValue: config },
  { provide: OBJECTS, useFactory: async () => new StorageOutages(await openObjectStore(config.objects)) },
  AcceptRunHandler,
  DispatchCheck,
  EffectReads,
  ExecutionSwitches,
  ListActionsHandler,
  KnownVersions,
  PlanMaker,
  ReadRunHandler,
  RunClaims,
  RunLoop,
  RunReports,
  RunStore,
  SharedCalls,
  StoredPlan,
  SwitchExecutionHandler,
  WithdrawRunHandler,
];
