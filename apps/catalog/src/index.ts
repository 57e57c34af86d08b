export { CatalogModule } from './catalog.module.js';
export { startCatalog } from './start-catalog.js';
