import { runMain } from '@reenact/service-kit';
import { readIngestConfig, startIngest } from './index.js';

runMain((env) => startIngest(readIngestConfig(env)));
