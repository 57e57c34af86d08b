import { type RunningService, startService } from '@reenact/service-kit';
import type { RunnerConfig } from './runner.config.js';

export { type RunnerConfig, type RunnerPool, readRunnerConfig } from './runner.config.js';

/** Starts one pool of the runner. Each loads only its own modules: what reaches targets is not even read by the dry-run pool. */
export async function startRunner(config: RunnerConfig): Promise<RunningService> {
  if (config.pool === 'dry-run') {
    const { DryRunPoolModule } = await import('./dry-run-pool.module.js');
    return startService({ name: 'runner', pool: config.pool, module: DryRunPoolModule.register(config), config });
  }
  const { ExecutePoolModule } = await import('./execute-pool.module.js');
  return startService({ name: 'runner', pool: config.pool, module: ExecutePoolModule.register(config), config });
}
