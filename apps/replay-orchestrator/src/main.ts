import { runMain } from '@reenact/service-kit';
import { readReplayOrchestratorConfig } from './replay-orchestrator.config.js';
import { startReplayOrchestrator } from './start-replay-orchestrator.js';

runMain((env) => startReplayOrchestrator(readReplayOrchestratorConfig(env)));
