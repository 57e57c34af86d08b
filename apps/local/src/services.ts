import type { ServiceName } from '@reenact/contracts';
import { type RunningService, readServiceConfig } from '@reenact/service-kit';

/** One process of an installation: how to start it here, and the file that starts it apart. */
export interface LocalService {
  name: string;
  /** Its package is resolved by Node from this one, with the `main.js` in it. */
  service: ServiceName;
  /** Beside the installation's environment. */
  env: NodeJS.ProcessEnv;
  start: (env: NodeJS.ProcessEnv) => Promise<RunningService>;
}

/** Every service, the runner once per pool. Later ones are started after earlier ones answer. */
export const SERVICES: LocalService[] = [
  {
    name: 'catalog',
    service: 'catalog',
    env: {},
    start: async (env) => {
      const { readCatalogConfig, startCatalog } = await import('@reenact/catalog');
      return startCatalog(readCatalogConfig(env));
    },
  },
  {
    name: 'audit',
    service: 'audit',
    env: {},
    start: async (env) => {
      const { readAuditConfig, startAudit } = await import('@reenact/audit');
      return startAudit(readAuditConfig(env));
    },
  },
  {
    name: 'approval',
    service: 'approval',
    env: {},
    start: async (env) => {
      const { readApprovalConfig, startApproval } = await import('@reenact/approval');
      return startApproval(readApprovalConfig(env));
    },
  },
  {
    name: 'incident',
    service: 'incident',
    env: {},
    start: async (env) => {
      const { startIncident } = await import('@reenact/incident');
      return startIncident(readServiceConfig(env, 'incident'));
    },
  },
  {
    name: 'replay-orchestrator',
    service: 'replay-orchestrator',
    env: {},
    start: async (env) => {
      const { startReplayOrchestrator } = await import('@reenact/replay-orchestrator');
      return startReplayOrchestrator(readServiceConfig(env, 'replay-orchestrator'));
    },
  },
  ...(['dry-run', 'execute'] as const).map((pool) => ({
    name: `runner (${pool})`,
    service: 'runner' as const,
    env: { REENACT_RUNNER_POOL: pool },
    start: async (env: NodeJS.ProcessEnv) => {
      const { readRunnerConfig, startRunner } = await import('@reenact/runner');
      return startRunner(readRunnerConfig(env));
    },
  })),
  {
    name: 'ingest',
    service: 'ingest',
    env: {},
    start: async (env) => {
      const { readIngestConfig, startIngest } = await import('@reenact/ingest');
      return startIngest(readIngestConfig(env));
    },
  },
  {
    name: 'gateway',
    service: 'gateway',
    env: {},
    start: async (env) => {
      const { readGatewayConfig, startGateway } = await import('@reenact/gateway');
      return startGateway(readGatewayConfig(env));
    },
  },
];

/** What runs, and where it listens. */
export interface Fleet {
  gatewayUrl: string;
  ingestUrl: string;
  stop(): Promise<void>;
}

/** Starts every service in this process, each with its own connection, pool and metrics. */
export async function startTogether(env: NodeJS.ProcessEnv): Promise<Fleet> {
  const running: { name: string; service: RunningService }[] = [];
  const stop = async () => {
    // The edges first, so that nothing new comes in while the rest finishes.
    for (const { service } of running.splice(0).reverse()) await service.stop();
  };
  try {
    for (const { name, start, env: own } of SERVICES) running.push({ name, service: await start({ ...env, ...own }) });
  } catch (error) {
    await stop();
    throw error;
  }
  const urlOf = (name: string) => running.find((one) => one.name === name)?.service.url ?? '';
  return { gatewayUrl: urlOf('gateway'), ingestUrl: urlOf('ingest'), stop };
}
