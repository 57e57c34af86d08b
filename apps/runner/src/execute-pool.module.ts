import { type DynamicModule, Module } from '@nestjs/common';
import { AcceptExecuteConsumer } from './accept-run/accept-execute.consumer.js';
import { Egress } from './egress/egress.js';
import { LiveEgress } from './egress/live-egress.js';
import { TargetResolver } from './egress/target-resolver.js';
import { CredentialCheck } from './execute-run/credential-check.js';
import { ExecuteWorker } from './execute-run/execute.worker.js';
import { PerformPlanHandler } from './execute-run/perform-plan.handler.js';
import { StartRunHandler } from './execute-run/start-run.handler.js';
import { TargetTurns } from './execute-run/target-turns.js';
import { VerifyRunHandler } from './execute-run/verify-run.handler.js';
import { ResolveEffectsConsumer } from './resolve-effects/resolve-effects.consumer.js';
import type { ExecutePoolConfig } from './runner.config.js';
import { coreControllers, coreImports, coreProviders } from './runner-core.js';
import { EffectLedger } from './store/effect-ledger.store.js';
import { TargetTurnStore } from './store/target-turn.store.js';
import { RunWorker } from './take-runs/run-worker.js';

/** The runner that performs approved plans: the only place from which a target is reached. */
@Module({})
export class ExecutePoolModule {
  static register(config: ExecutePoolConfig): DynamicModule {
    return {
      module: ExecutePoolModule,
      imports: coreImports(config),
      controllers: [...coreControllers, AcceptExecuteConsumer, ResolveEffectsConsumer],
      providers: [
        ...coreProviders(config),
        CredentialCheck,
        EffectLedger,
        PerformPlanHandler,
        StartRunHandler,
        TargetResolver,
        TargetTurnStore,
        TargetTurns,
        VerifyRunHandler,
        { provide: Egress, useClass: LiveEgress },
        { provide: RunWorker, useClass: ExecuteWorker },
      ],
    };
  }
}
