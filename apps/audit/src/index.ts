export { type AuditConfig, readAuditConfig } from './audit.config.js';
export { AuditModule } from './audit.module.js';
export { startAudit } from './start-audit.js';
