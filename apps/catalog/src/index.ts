export { type CatalogConfig, readCatalogConfig } from './catalog.config.js';
export { CatalogModule } from './catalog.module.js';
export { startCatalog } from './start-catalog.js';
