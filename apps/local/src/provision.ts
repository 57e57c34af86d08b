import { type Environment, type Organisation, type Page, type Project, type Role, TIERS, type Tier } from '@reenact/contracts';
import { ApiClient } from './api-client.js';
import type { Installation, SampleUser } from './installation.js';

/** What the connection file names: one organisation, one project, an environment per tier. */
export interface Provisioned {
  org: { id: string; slug: string };
  project: { id: string; slug: string };
  environments: Record<Tier, { id: string }>;
}

const ORG = { slug: 'acme', name: 'Acme' };
const PROJECT = { slug: 'webhooks', name: 'Webhooks' };
const ENVIRONMENT_NAMES: Record<Tier, string> = { dev: 'Development', staging: 'Staging', prod: 'Production' };
const ROLE_OF: Record<Exclude<SampleUser, 'admin'>, Role> = {
  operator: 'operator',
  approver: 'approver',
  approver2: 'approver',
  viewer: 'viewer',
  auditor: 'auditor',
};

/** Makes what is missing of the sample organisation through the operator API, as an administrator would; may be run again. */
export async function provision(gatewayUrl: string, installation: Installation): Promise<Provisioned> {
  const admin = new ApiClient(gatewayUrl, installation.admin.token);
  const ensure = async <T extends { slug: string }>(path: string, wanted: { slug: string }): Promise<T> => {
    const { items } = await admin.get<Page<T>>(`${path}?limit=200`);
    return items.find((item) => item.slug === wanted.slug) ?? (await admin.post<T>(path, wanted));
  };
  const org = await ensure<Organisation>('orgs', ORG);
  const project = await ensure<Project>(`orgs/${org.id}/projects`, PROJECT);
  const environments = {} as Provisioned['environments'];
  for (const tier of TIERS) {
    const wanted = { slug: tier, name: ENVIRONMENT_NAMES[tier], tier };
    const { id } = await ensure<Environment>(`orgs/${org.id}/projects/${project.id}/environments`, wanted);
    environments[tier] = { id };
  }
  for (const [user, role] of Object.entries(ROLE_OF) as [Exclude<SampleUser, 'admin'>, Role][]) {
    await admin.post(`orgs/${org.id}/members`, { userId: installation[user].id, role });
  }
  return { org: { id: org.id, slug: org.slug }, project: { id: project.id, slug: project.slug }, environments };
}
