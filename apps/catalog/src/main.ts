import { runMain } from '@reenact/service-kit';
import { readCatalogConfig } from './catalog.config.js';
import { startCatalog } from './start-catalog.js';

runMain((env) => startCatalog(readCatalogConfig(env)));
