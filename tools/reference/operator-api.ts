import { ROLES_FOR } from '../../apps/gateway/src/domain/permission.js';
import type { Route } from '../../apps/gateway/src/http/route.js';
import { ContentRoutes } from '../../apps/gateway/src/routes/content.routes.js';
import { ExportRoutes } from '../../apps/gateway/src/routes/export.routes.js';
import { MemberRoutes } from '../../apps/gateway/src/routes/member.routes.js';
import { RouteTable } from '../../apps/gateway/src/routes/route-table.js';
import { TokenRoutes } from '../../apps/gateway/src/routes/token.routes.js';
import { page, table } from './page.js';

/** Every call of the operator API with its permission row. */
export function operatorApi(): string {
  // The table is only read: no route is called, so none needs what it would call.
  const none = undefined as never;
  const { routes } = new RouteTable(new TokenRoutes(none), new MemberRoutes(none), new ContentRoutes(none), new ExportRoutes());
  return page(
    'Operator API',
    'apps/gateway/src/routes',
    'Below `/api/v1`; parameters, headers and bodies are in `/api/v1/openapi.json`, which says in words what each call answers; the fields of answers are the interfaces in `libs/contracts/src/shapes`. Somebody without a role at the place is answered 404, with the wrong role 403.',
    table(
      ['call', 'for', 'does'],
      routes.map((route) => [`\`${route.method} ${route.path}\``, audienceOf(route), route.summary]),
    ),
  );
}

function audienceOf({ place }: Route): string {
  switch (place.kind) {
    case 'public':
      return 'everybody';
    case 'person':
      return 'any person';
    case 'installation':
      return 'who runs the installation';
    default:
      return place.need === 'see' ? 'any role there' : ROLES_FOR[place.need].join(', ');
  }
}
