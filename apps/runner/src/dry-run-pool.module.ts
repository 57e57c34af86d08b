import { type DynamicModule, Module } from '@nestjs/common';
import { AcceptDryRunConsumer } from './accept-run/accept-dry-run.consumer.js';
import { DryRunWorker } from './dry-run/dry-run.worker.js';
import type { RunnerPoolConfig } from './runner.config.js';
import { coreControllers, coreImports, coreProviders } from './runner-core.js';
import { RunWorker } from './take-runs/run-worker.js';

/** The runner that cannot act: nothing here can resolve a target or open a connection to one. */
@Module({})
export class DryRunPoolModule {
  static register(config: RunnerPoolConfig): DynamicModule {
    return {
      module: DryRunPoolModule,
      imports: coreImports(config),
      controllers: [...coreControllers, AcceptDryRunConsumer],
      providers: [...coreProviders(config), { provide: RunWorker, useClass: DryRunWorker }],
    };
  }
}
