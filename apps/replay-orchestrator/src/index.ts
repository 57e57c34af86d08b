export { type ReplayOrchestratorConfig, readReplayOrchestratorConfig } from './replay-orchestrator.config.js';
export { ReplayOrchestratorModule } from './replay-orchestrator.module.js';
export { startReplayOrchestrator } from './start-replay-orchestrator.js';
