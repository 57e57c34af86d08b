import { type RunningService, startService } from '@reenact/service-kit';
import type { CatalogConfig } from './catalog.config.js';
import { CatalogModule } from './catalog.module.js';

/** Boots the catalogue. */
export function startCatalog(config: CatalogConfig): Promise<RunningService> {
  return startService({ name: 'catalog', module: CatalogModule.register(config), config });
}
