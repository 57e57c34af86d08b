import { type RunningService, startService } from '@reenact/service-kit';
import type { ReplayOrchestratorConfig } from './replay-orchestrator.config.js';
import { ReplayOrchestratorModule } from './replay-orchestrator.module.js';

/** Starts the service with this configuration. */
export function startReplayOrchestrator(config: ReplayOrchestratorConfig): Promise<RunningService> {
  return startService({ name: 'replay-orchestrator', module: ReplayOrchestratorModule.register(config), config });
}
