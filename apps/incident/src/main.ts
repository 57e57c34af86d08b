import { readServiceConfig, runMain } from '@reenact/service-kit';
import { startIncident } from './start-incident.js';

runMain((env) => startIncident(readServiceConfig(env, 'incident')));
