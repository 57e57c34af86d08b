import { type RunningService, startService } from '@reenact/service-kit';
import type { ApprovalConfig } from './approval.config.js';
import { ApprovalModule } from './approval.module.js';

/** Starts the service with this configuration. */
export function startApproval(config: ApprovalConfig): Promise<RunningService> {
  return startService({ name: 'approval', module: ApprovalModule.register(config), config });
}
