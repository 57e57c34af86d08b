import type { Need } from './permission.js';

/** Where a call acts, so that the permission can be judged before its body is read. */
export type Place =
  /** Everybody, without a credential. */
  | { kind: 'public' }
  /** A person, wherever. */
  | { kind: 'person' }
  /** A person who runs the installation. */
  | { kind: 'installation' }
  /** The resource whose id a path parameter holds. */
  | { kind: 'resource'; param: string; need: Need; judgedBy: 'row' | 'handler' }
  /** `orgs/{o}/projects/{p}/environments/{e}`, ids or slugs. */
  | { kind: 'path'; need: Need }
  /** The organisation of `?orgId=`, or the caller's only one. */
  | { kind: 'organisation'; need: Need }
  /** A resource that the body names: judged by the handler, once the body is known to be well-formed. */
  | { kind: 'body'; need: Need };

/** The permission row of a route. */
export const open: Place = { kind: 'public' };
export const person: Place = { kind: 'person' };
export const installation: Place = { kind: 'installation' };
/** With `handler` the row only lets those in who see the resource: the handler says more before it judges the need. */
export const at = (param: string, need: Need, judgedBy: 'row' | 'handler' = 'row'): Place => ({
  kind: 'resource',
  param,
  need,
  judgedBy,
});
export const atPath = (need: Need): Place => ({ kind: 'path', need });
export const inOrganisation = (need: Need): Place => ({ kind: 'organisation', need });
export const inBody = (need: Need): Place => ({ kind: 'body', need });
