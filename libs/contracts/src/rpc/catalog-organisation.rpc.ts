import { defineRpc } from '../define.js';
import { Id, Nested, OneOf, Text } from '../field.js';
import { IdempotencyClaim, type Page, PageQuery } from '../shapes/common.js';
import {
  ArtifactLimits,
  type Environment,
  type Membership,
  type Organisation,
  type Project,
  ROLES,
  type Role,
  SLUG_PATTERN,
  TIERS,
  type Tier,
} from '../shapes/organisation.js';

const ORG = 'org_01h455vb4pex5vsknk084sn02q';
const PRJ = 'prj_01h455vb4pex5vsknk084sn02q';
const ENV = 'env_01h455vb4pex5vsknk084sn02q';
const USR = 'usr_01h455vb4pex5vsknk084sn02q';

export class CreateOrganisation {
  @Text({ pattern: SLUG_PATTERN, max: 63, like: 'web-shop' }) slug: string;
  @Text({ min: 1, max: 200 }) name: string;
  /** Becomes its first org_admin. */
  @Id('user') ownerId: string;
  @Nested(() => IdempotencyClaim, { optional: true }) idempotency?: IdempotencyClaim;
}
export const createOrganisation = defineRpc<Organisation>()({
  service: 'catalog',
  noun: 'organisation',
  verb: 'create',
  request: CreateOrganisation,
  sample: { slug: 'acme', name: 'Acme', ownerId: USR },
});

export class ListOrganisations extends PageQuery {
  /** Only those in which the user holds a role. */
  @Id('user') userId: string;
}
export const listOrganisations = defineRpc<Page<Organisation>>()({
  service: 'catalog',
  noun: 'organisation',
  verb: 'list',
  request: ListOrganisations,
  sample: { userId: USR },
});

export class CreateProject {
  @Id('organisation') orgId: string;
  @Text({ pattern: SLUG_PATTERN, max: 63, like: 'web-shop' }) slug: string;
  @Text({ min: 1, max: 200 }) name: string;
  @Nested(() => IdempotencyClaim, { optional: true }) idempotency?: IdempotencyClaim;
}
export const createProject = defineRpc<Project>()({
  service: 'catalog',
  noun: 'project',
  verb: 'create',
  request: CreateProject,
  sample: { orgId: ORG, slug: 'webhooks', name: 'Webhooks' },
});

export class ListProjects extends PageQuery {
  @Id('organisation') orgId: string;
}
export const listProjects = defineRpc<Page<Project>>()({
  service: 'catalog',
  noun: 'project',
  verb: 'list',
  request: ListProjects,
  sample: { orgId: ORG },
});

export class CreateEnvironment {
  @Id('project') projectId: string;
  @Text({ pattern: SLUG_PATTERN, max: 63, like: 'web-shop' }) slug: string;
  @Text({ min: 1, max: 200 }) name: string;
  /** Its posture begins with the defaults of the tier. */
  @OneOf(TIERS) tier: Tier;
  @Nested(() => ArtifactLimits, { optional: true }) artifactLimits?: ArtifactLimits;
  @Nested(() => IdempotencyClaim, { optional: true }) idempotency?: IdempotencyClaim;
}
export const createEnvironment = defineRpc<Environment>()({
  service: 'catalog',
  noun: 'environment',
  verb: 'create',
  request: CreateEnvironment,
  sample: { projectId: PRJ, slug: 'prod', name: 'Production', tier: 'prod' },
});

export class ListEnvironments extends PageQuery {
  @Id('project') projectId: string;
}
export const listEnvironments = defineRpc<Page<Environment>>()({
  service: 'catalog',
  noun: 'environment',
  verb: 'list',
  request: ListEnvironments,
  sample: { projectId: PRJ },
});

export class ReadEnvironment {
  @Id('environment') environmentId: string;
}
export const readEnvironment = defineRpc<Environment>()({
  service: 'catalog',
  noun: 'environment',
  verb: 'read',
  request: ReadEnvironment,
  sample: { environmentId: ENV },
});
export const archiveEnvironment = defineRpc<Environment>()({
  service: 'catalog',
  noun: 'environment',
  verb: 'archive',
  request: ReadEnvironment,
  sample: { environmentId: ENV },
});

export class LimitArtifacts extends ArtifactLimits {
  @Id('environment') environmentId: string;
}
/** Replaces all limits of the environment; what is absent is the default again. */
export const limitArtifacts = defineRpc<Environment>()({
  service: 'catalog',
  noun: 'environment',
  verb: 'limit-artifacts',
  request: LimitArtifacts,
  sample: { environmentId: ENV, maxBytes: 1_048_576 },
});

/** Ids by slugs: `orgs/{o}/projects/{p}/environments/{e}` takes either at each place. Unknown parts are absent. */
export class ResolvePath {
  @Text({ max: 64 }) organisation: string;
  @Text({ max: 64, optional: true }) project?: string;
  @Text({ max: 64, optional: true }) environment?: string;
}
export interface ResolvedPath {
  orgId?: string;
  projectId?: string;
  environmentId?: string;
}
export const resolvePath = defineRpc<ResolvedPath>()({
  service: 'catalog',
  noun: 'path',
  verb: 'resolve',
  request: ResolvePath,
  sample: { organisation: 'acme', project: 'webhooks', environment: 'prod' },
});

export class ChangeMember {
  @Id('organisation') orgId: string;
  @Id('user') userId: string;
  @OneOf(ROLES) role: Role;
  @Id('project', { optional: true }) projectId?: string;
}
export const addMember = defineRpc<Membership>()({
  service: 'catalog',
  noun: 'member',
  verb: 'add',
  request: ChangeMember,
  sample: { orgId: ORG, userId: USR, role: 'operator' },
});
export const removeMember = defineRpc<{ removed: boolean }>()({
  service: 'catalog',
  noun: 'member',
  verb: 'remove',
  request: ChangeMember,
  sample: { orgId: ORG, userId: USR, role: 'operator' },
});

export class ListMembers extends PageQuery {
  @Id('organisation') orgId: string;
}
export const listMembers = defineRpc<Page<Membership>>()({
  service: 'catalog',
  noun: 'member',
  verb: 'list',
  request: ListMembers,
  sample: { orgId: ORG },
});

export class ReadAccess {
  @Id('user') userId: string;
}
/** Every role that a person holds anywhere. */
export const readAccess = defineRpc<{ memberships: Membership[] }>()({
  service: 'catalog',
  noun: 'access',
  verb: 'read',
  request: ReadAccess,
  sample: { userId: USR },
});
