import multipart from '@fastify/multipart';
import { type RunningService, startService } from '@reenact/service-kit';
import type { IngestConfig } from './ingest.config.js';
import { IngestModule } from './ingest.module.js';

export { DEFAULT_LIMITS, type IngestLimits } from './domain/limits.js';
export { type IngestConfig, readIngestConfig } from './ingest.config.js';
export { IngestModule } from './ingest.module.js';

/** Boots ingest. */
export function startIngest(config: IngestConfig): Promise<RunningService> {
  return startService({
    name: 'ingest',
    module: IngestModule.register(config),
    config,
    fastify: async (instance) => {
      await instance.register(multipart);
    },
  });
}
