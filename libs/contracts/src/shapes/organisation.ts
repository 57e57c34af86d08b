import { Int } from '../field.js';

export const ROLES = ['viewer', 'operator', 'approver', 'project_admin', 'org_admin', 'auditor'] as const;
export type Role = (typeof ROLES)[number];

export interface Organisation {
  id: string;
  slug: string;
  name: string;
  createdAt: string;
}

export interface Project {
  id: string;
  slug: string;
  name: string;
  orgId: string;
  createdAt: string;
}

export const TIERS = ['dev', 'staging', 'prod'] as const;
export type Tier = (typeof TIERS)[number];

/** What artifacts of an environment may not pass; absent: the default. Never more than ingest is configured to bear. */
export class ArtifactLimits {
  /** Bytes as they are sent. */
  @Int({ min: 1, optional: true }) maxBytes?: number;
  @Int({ min: 1, optional: true }) maxUnpackedBytes?: number;
  @Int({ min: 1, optional: true }) maxEntries?: number;
  /** Unpacked to packed. */
  @Int({ min: 1, optional: true }) maxRatio?: number;
}

export interface Environment {
  id: string;
  slug: string;
  name: string;
  orgId: string;
  projectId: string;
  tier: Tier;
  postureRevision: number;
  artifactLimits?: ArtifactLimits;
  state: 'active' | 'archived';
  createdAt: string;
}

/** A role that a person holds; without `projectId` in the whole organisation. */
export interface Membership {
  userId: string;
  role: Role;
  orgId: string;
  projectId?: string;
  createdAt: string;
}

export const SLUG_PATTERN = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
