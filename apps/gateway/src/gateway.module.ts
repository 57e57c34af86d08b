import { type DynamicModule, Module } from '@nestjs/common';
import { MessagingModule } from '@reenact/messaging';
import { openObjectStore } from '@reenact/object-store';
import { messagingTables, PersistenceModule } from '@reenact/persistence';
import { ServiceKitModule } from '@reenact/service-kit';
import { AuthenticateCallerHandler } from './authenticate-caller/authenticate-caller.handler.js';
import { ReadAccess } from './authenticate-caller/read-access.js';
import { BootstrapUsersHandler } from './bootstrap-users/bootstrap-users.handler.js';
import { DescribeApi } from './describe-api/describe-api.http.js';
import type { GatewayConfig } from './gateway.config.js';
import { CONFIG, OBJECT_STORE } from './gateway.tokens.js';
import { RegisterRoutes } from './http/register-routes.js';
import { IssueTokenHandler } from './issue-token/issue-token.handler.js';
import { RecordDenials } from './record-denials/record-denials.js';
import { ContentRoutes } from './routes/content.routes.js';
import { ExportRoutes } from './routes/export.routes.js';
import { MemberRoutes } from './routes/member.routes.js';
import { RouteTable } from './routes/route-table.js';
import { TokenRoutes } from './routes/token.routes.js';
import { Tables1764000000000 } from './store/tables.migration.js';
import { TokenStore } from './store/token.store.js';
import { UserStore } from './store/user.store.js';
import { StreamContentHandler } from './stream-content/stream-content.handler.js';

/** The operator API: people, their tokens, and the calls that are passed on to the service that owns the matter. */
@Module({})
export class GatewayModule {
  static register(config: GatewayConfig): DynamicModule {
    return {
      module: GatewayModule,
      imports: [
        ServiceKitModule,
        PersistenceModule.forRoot({
          service: 'gateway',
          database: config.database,
          entities: [],
          migrations: [messagingTables('gateway'), Tables1764000000000],
        }),
        MessagingModule.forRoot({ service: 'gateway', nats: config.nats }),
      ],
      controllers: [DescribeApi],
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: OBJECT_STORE, useFactory: () => openObjectStore(config.objectStore) },
        AuthenticateCallerHandler,
        BootstrapUsersHandler,
        ContentRoutes,
        ExportRoutes,
        IssueTokenHandler,
        MemberRoutes,
        ReadAccess,
        RecordDenials,
        RegisterRoutes,
        RouteTable,
        StreamContentHandler,
        TokenRoutes,
        TokenStore,
        UserStore,
      ],
    };
  }
}
