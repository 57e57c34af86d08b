import {
  addMember,
  type CallContext,
  createEnvironment,
  createOrganisation,
  createProject,
  type Environment,
  newId,
  newUuid,
  type Organisation,
  type Problem,
  type Project,
  type RpcContract,
  type Tier,
} from '@reenact/contracts';
import { MetricsHooks, RpcClient } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { testDatabase, testNats } from '@reenact/testing';
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

export const user = (id = newId('user')): CallContext => ({ actor: { kind: 'user', id }, correlationId: newUuid() });

/** A real catalogue over a real broker and database, and a caller. */
export async function startHarness() {
  const [database, nats] = await Promise.all([testDatabase(), testNats()]);
  const config = {
    host: '127.0.0.1',
    port: 0,
    database,
    nats,
    logLevel: 'silent',
    agentSilentAfterMs: DEFAULT_AGENT_SILENT_AFTER_MS,
  } as const;
  const service = await startCatalog(config);
  const client = new RpcClient({ service: 'gateway', nats }, new MetricsHooks());
  const work = service.app.get(UnitOfWork);
  const call = <Q extends object, A>(
    contract: RpcContract<Q, A>,
    request: NoInfer<Q>,
    context: CallContext = user(),
  ): Promise<A> => client.call(contract, request, context);

  return {
    nats,
    config,
    call,
    get: <T>(type: new (...parameters: never[]) => T): T => service.app.get(type),
    rows: <T>(sql: string, params?: unknown[]) => work.query<T>(sql, params),
    /** The problem that a call ends with. */
    async problem<Q extends object>(contract: RpcContract<Q>, request: NoInfer<Q>, context?: CallContext): Promise<Problem> {
      const answer: unknown = await call(contract, request, context).catch((error: unknown) => error);
      if (!(answer instanceof Error)) throw new Error(`was answered: ${JSON.stringify(answer)}`);
      return answer as Problem;
    },
    async said(aggregateId: string): Promise<Said[]> {
      const rows = await work.query<{ headers: Record<string, string>; payload: string }>(
        "select headers, payload from catalog.outbox where headers ->> 'ce-subject' like '%/' || $1 order by position",
        [aggregateId],
      );
      return rows.map(({ headers, payload }) => ({
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
    async stop() {
      await client.close();
      await service.stop();
      await Promise.all([database.drop(), nats.close()]);
    },
  };
}
