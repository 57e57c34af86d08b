import * as approvalCommands from './commands/approval.commands.js';
import * as runnerCommands from './commands/runner.commands.js';
import type { CommandContract, EventContract, RpcContract } from './define.js';
import * as approvalEvents from './events/approval.events.js';
import * as catalogEvents from './events/catalog.events.js';
import * as gatewayEvents from './events/gateway.events.js';
import * as incidentEvents from './events/incident.events.js';
import * as ingestEvents from './events/ingest.events.js';
import * as replayEvents from './events/replay.events.js';
import * as runnerEvents from './events/runner.events.js';
import * as approvalRpc from './rpc/approval.rpc.js';
import * as auditRpc from './rpc/audit.rpc.js';
import * as catalogAgentRpc from './rpc/catalog-agent.rpc.js';
import * as catalogEnvironmentRpc from './rpc/catalog-environment.rpc.js';
import * as catalogOrganisationRpc from './rpc/catalog-organisation.rpc.js';
import * as incidentRpc from './rpc/incident.rpc.js';
import * as ingestRpc from './rpc/ingest.rpc.js';
import * as replayRpc from './rpc/replay.rpc.js';
import * as resourceRpc from './rpc/resource.rpc.js';
import * as runnerRpc from './rpc/runner.rpc.js';

type Contract = EventContract | CommandContract | RpcContract;

const modules = [
  approvalCommands,
  runnerCommands,
  approvalEvents,
  catalogEvents,
  gatewayEvents,
  incidentEvents,
  ingestEvents,
  replayEvents,
  runnerEvents,
  approvalRpc,
  auditRpc,
  catalogAgentRpc,
  catalogEnvironmentRpc,
  catalogOrganisationRpc,
  incidentRpc,
  ingestRpc,
  replayRpc,
  resourceRpc,
  runnerRpc,
];

function isContract(value: unknown): value is Contract {
  return typeof value === 'object' && value !== null && 'kind' in value && 'service' in value && 'sample' in value;
}

/** Every contract, found by looking at what the contract files export, so that no list is kept by hand. */
export const CONTRACTS: readonly Contract[] = modules
  .flatMap((module) => Object.values<unknown>(module))
  .flatMap((value) => (isContract(value) ? [value] : typeof value === 'object' && value !== null ? Object.values(value) : []))
  .filter(isContract);

export const EVENTS: ReadonlyMap<string, EventContract> = new Map(
  CONTRACTS.filter((contract) => contract.kind === 'event').map((contract) => [contract.type, contract]),
);

export const COMMANDS: ReadonlyMap<string, CommandContract> = new Map(
  CONTRACTS.filter((contract) => contract.kind === 'command').map((contract) => [contract.type, contract]),
);
