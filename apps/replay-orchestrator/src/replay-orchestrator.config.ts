import { readServiceConfig, type ServiceConfig } from '@reenact/service-kit';

export type ReplayOrchestratorConfig = ServiceConfig;

export function readReplayOrchestratorConfig(env: NodeJS.ProcessEnv): ReplayOrchestratorConfig {
  return readServiceConfig(env, 'replay-orchestrator');
}
