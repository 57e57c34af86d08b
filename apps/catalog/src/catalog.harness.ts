import {
  addMember,
  createEnvironment,
  createOrganisation,
  createProject,
  type Environment,
  newId,
  newUuid,
  type Organisation,
  type Project,
  type Tier,
} from '@reenact/contracts';
import { testService } from '@reenact/testing';
import { DEFAULT_AGENT_SILENT_AFTER_MS } from './catalog.config.js';
import { startCatalog } from './start-catalog.js';

/** What was said: outbox rows, oldest first. */
export interface Said {
  type: string;
  version: number;
  actor: string;
  data: Record<string, unknown>;
}

export type Harness = Awaited<ReturnType<typeof startHarness>>;

/** A real catalogue over a real broker and database, and a caller. */
export async function startHarness() {
  const service = await testService((config) => startCatalog({ ...config, agentSilentAfterMs: DEFAULT_AGENT_SILENT_AFTER_MS }));
  const { call, rows } = service;

  return {
    ...service,
    async said(aggregateId: string): Promise<Said[]> {
      const told = await rows<{ headers: Record<string, string>; payload: string }>(
        "select headers, payload from catalog.outbox where headers ->> 'ce-subject' like '%/' || $1 order by position",
        [aggregateId],
      );
      return told.map(({ headers, payload }) => ({
        type: headers['ce-type'],
        version: Number(headers['ce-aggregateversion']),
        actor: headers['ce-actor'],
        data: JSON.parse(payload) as Record<string, unknown>,
      }));
    },
    async organisation(slug = `org-${newUuid()}`): Promise<Organisation> {
      return call(createOrganisation, { slug, name: 'Acme', ownerId: newId('user') });
    },
    async environment(tier: Tier = 'prod'): Promise<{ organisation: Organisation; project: Project; environment: Environment }> {
      const organisation = await this.organisation();
      const project = await call(createProject, { orgId: organisation.id, slug: 'webhooks', name: 'Webhooks' });
      const environment = await call(createEnvironment, { projectId: project.id, slug: tier, name: tier, tier });
      return { organisation, project, environment };
    },
    member: (orgId: string, userId: string) => call(addMember, { orgId, userId, role: 'operator' }),
  };
}
