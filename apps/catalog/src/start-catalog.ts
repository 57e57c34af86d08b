import { type RunningService, type ServiceConfig, startService } from '@reenact/service-kit';
import { CatalogModule } from './catalog.module.js';

/** Boots the catalogue. */
export function startCatalog(config: ServiceConfig): Promise<RunningService> {
  return startService({ name: 'catalog', module: CatalogModule.register(config), config });
}
