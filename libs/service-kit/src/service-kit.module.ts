import { Global, Module } from '@nestjs/common';
import { Clock, SystemClock } from './clock.js';
import { HealthController } from './health.controller.js';
import { Lifecycle } from './lifecycle.js';
import { Metrics } from './metrics.js';

/** Clock, metrics and health of a service, everywhere in it. Needs `PersistenceModule` and `MessagingModule` beside it. */
@Global()
@Module({
  controllers: [HealthController],
  providers: [Lifecycle, Metrics, { provide: Clock, useClass: SystemClock }],
  exports: [Lifecycle, Metrics, Clock],
})
export class ServiceKitModule {}
