import { type RunningService, type ServiceConfig, startService } from '@reenact/service-kit';
import { IncidentModule } from './incident.module.js';

/** Boots the incident service. */
export function startIncident(config: ServiceConfig): Promise<RunningService> {
  return startService({ name: 'incident', module: IncidentModule.register(config), config });
}
