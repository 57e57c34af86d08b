import { type RunningService, startService } from '@reenact/service-kit';
import type { AuditConfig } from './audit.config.js';
import { AuditModule } from './audit.module.js';

/** Starts the service with this configuration. */
export function startAudit(config: AuditConfig): Promise<RunningService> {
  return startService({ name: 'audit', module: AuditModule.register(config), config });
}
