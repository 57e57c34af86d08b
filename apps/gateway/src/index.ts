import { type RunningService, startService } from '@reenact/service-kit';
import { serveApiDocs } from './describe-api/api-docs.js';
import type { GatewayConfig } from './gateway.config.js';
import { GatewayModule } from './gateway.module.js';

export { type BootstrapUser, type GatewayConfig, readGatewayConfig } from './gateway.config.js';
export { GatewayModule } from './gateway.module.js';

/** Boots the gateway. */
export function startGateway(config: GatewayConfig): Promise<RunningService> {
  return startService({ name: 'gateway', module: GatewayModule.register(config), config, fastify: serveApiDocs });
}
