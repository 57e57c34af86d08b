import { runMain } from '@reenact/service-kit';
import { readRunnerConfig, startRunner } from './index.js';

runMain((env) => startRunner(readRunnerConfig(env)));
