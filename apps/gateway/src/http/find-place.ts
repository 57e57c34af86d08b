import { type CallContext, idKind, Problem, type ResourceScope, resolvePath } from '@reenact/contracts';
import type { RpcClient } from '@reenact/messaging';
import type { ReadAccess } from '../authenticate-caller/read-access.js';
import { holdsAnywhere, judge, type Need, organisationsOf, ROLES_FOR } from '../domain/permission.js';
import type { Place } from '../domain/route.js';
import type { Caller } from './call.js';

/** The scope of calls that act nowhere in particular, or where only the body will say. */
export const NOWHERE: ResourceScope = { id: '', orgId: '' };

interface Asked {
  place: Place;
  caller: Caller;
  params: Record<string, string>;
  /** The raw `?orgId=`. */
  orgId: unknown;
  context: CallContext;
}

/** Where a call acts, once it is known that the caller may. Throws `not_found`, `forbidden` or `organisation_required`. */
export async function findPlace(asked: Asked, access: ReadAccess, rpc: RpcClient): Promise<ResourceScope> {
  const { place, caller, params, context } = asked;
  switch (place.kind) {
    case 'public':
    case 'person':
      return NOWHERE;
    case 'installation':
      if (!caller.installationAdmin) throw forbidden(['installation_admin']);
      return NOWHERE;
    case 'body':
      if (!holdsAnywhere(caller.memberships, place.need)) throw forbidden(ROLES_FOR[place.need]);
      return NOWHERE;
    case 'organisation':
      return allow(caller, { id: '', orgId: chooseOrganisation(caller, asked.orgId) }, place.need, true);
    case 'resource': {
      const id = params[place.param];
      // An id of another kind names nothing here.
      const scope = `${idKind(id)}Id` === place.param ? await access.locate(id, context) : undefined;
      if (!scope) throw new Problem('not_found');
      return allow(caller, scope, place.judgedBy === 'row' ? place.need : 'see');
    }
    case 'path': {
      const path = { organisation: params.o, project: params.p, environment: params.e };
      const found = await rpc.call(resolvePath, path, context);
      if (!found.orgId || (params.p && !found.projectId) || (params.e && !found.environmentId)) throw new Problem('not_found');
      const id = found.environmentId ?? found.projectId ?? found.orgId;
      // A role in one project shows the organisation it is in, and no more of it.
      return allow(caller, { id, ...found, orgId: found.orgId }, place.need, params.p === undefined && place.need === 'see');
    }
  }
}

/** The scope, when the caller has the need there; with `partly`, a role in any project of the organisation will do. */
export function allow(caller: Caller, scope: ResourceScope, need: Need, partly = false): ResourceScope {
  const memberships = partly
    ? caller.memberships.map((membership) => ({ ...membership, projectId: undefined }))
    : caller.memberships;
  const verdict = judge(memberships, scope, need);
  if (verdict === 'unseen') throw new Problem('not_found');
  if (verdict === 'forbidden') throw forbidden(ROLES_FOR[need]);
  return scope;
}

/** The first role is the one that the code's member names; every other that would do is in the remedy. */
function forbidden(roles: readonly string[]): Problem {
  return new Problem('forbidden', {
    members: { requiredRole: roles[0] },
    remedy: `Somebody with the role ${roles.join(' or ')} can`,
  });
}

function chooseOrganisation(caller: Caller, asked: unknown): string {
  if (typeof asked === 'string' && asked !== '') return asked;
  const organisations = organisationsOf(caller.memberships);
  if (organisations.length === 1) return organisations[0];
  throw new Problem('organisation_required', { members: { organisations }, remedy: 'Add ?orgId=' });
}
