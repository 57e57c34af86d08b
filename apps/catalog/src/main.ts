import { readServiceConfig, runMain } from '@reenact/service-kit';
import { startCatalog } from './start-catalog.js';

runMain((env) => startCatalog(readServiceConfig(env, 'catalog')));
