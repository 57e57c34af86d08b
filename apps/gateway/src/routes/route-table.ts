import { Injectable } from '@nestjs/common';
import type { Route } from '../http/route.js';
import { approvalRoutes } from './approval.routes.js';
import { auditRoutes } from './audit.routes.js';
import { ContentRoutes } from './content.routes.js';
import { environmentRoutes } from './environment.routes.js';
import { ExportRoutes } from './export.routes.js';
import { incidentRoutes } from './incident.routes.js';
import { MemberRoutes } from './member.routes.js';
import { organisationRoutes } from './organisation.routes.js';
import { replayRoutes } from './replay.routes.js';
import { TokenRoutes } from './token.routes.js';

/** Every call of the operator API, each with its permission row. */
@Injectable()
export class RouteTable {
  readonly routes: readonly Route[];

  constructor(tokens: TokenRoutes, members: MemberRoutes, content: ContentRoutes, exports: ExportRoutes) {
    this.routes = [
      ...tokens.routes,
      ...organisationRoutes,
      ...members.routes,
      ...environmentRoutes,
      ...content.routes,
      ...incidentRoutes,
      ...replayRoutes,
      ...approvalRoutes,
      ...auditRoutes,
      ...exports.routes,
    ];
  }
}
