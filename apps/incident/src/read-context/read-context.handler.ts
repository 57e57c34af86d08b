import { Injectable } from '@nestjs/common';
import {
  type CallContext,
  type Incident,
  type IncidentContext,
  listHeartbeats,
  listRefusals,
  Problem,
  readAgent,
  readEnvironment,
  readPosture,
  type RpcContract,
} from '@reenact/contracts';
import { RpcClient } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { fitContext } from '../domain/fit-context.js';
import { ApprovalStore } from '../store/approval.store.js';
import { EscalationStore } from '../store/escalation.store.js';
import { EvidenceStore } from '../store/evidence.store.js';
import { IncidentStore } from '../store/incident.store.js';
import { ReplayStore } from '../store/replay.store.js';

const SHOWN = { heartbeats: 20, refusals: 60, snapshots: 5, artifacts: 50, replays: 50, approvals: 50, escalations: 50 } as const;
/** A part that does not answer by then is absent: the page is wanted most when something is down. */
const PATIENCE_MS = 2_000;
const MAX_BYTES = 448 * 1024;

@Injectable()
export class ReadContextHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly incidents: IncidentStore,
    private readonly evidence: EvidenceStore,
    private readonly replays: ReplayStore,
    private readonly approvals: ApprovalStore,
    private readonly escalations: EscalationStore,
    private readonly rpc: RpcClient,
  ) {}

  async execute(incidentId: string, context: CallContext): Promise<IncidentContext> {
    const stored = await this.incidents.find(this.work, incidentId);
    if (!stored) throw new Problem('not_found');
    const { incident } = stored;
    const [asked, lists] = await Promise.all([this.ask(incident, context), this.lists(incident)]);
    const named = { ...lists, heartbeats: asked.heartbeats, refusals: asked.refusals };
    const shown = Object.fromEntries(names(named).map((name) => [name, named[name].slice(0, SHOWN[name])])) as typeof named;
    const truncated = names(named).filter((name) => named[name].length > SHOWN[name]);
    const { agent, environment, posture } = asked;
    const rest = { deployment: null, deploymentApproval: null };
    return fitContext({ incident, agent, environment, posture, ...shown, ...rest, truncated }, MAX_BYTES);
  }

  /** One more of each than is shown tells that there are more. */
  private async lists({ id, agentId }: Incident) {
    const [artifacts, replays, approvals, escalations, snapshots] = await Promise.all([
      this.evidence.ofIncident(this.work, id, SHOWN.artifacts + 1),
      this.replays.ofIncident(this.work, id, SHOWN.replays + 1),
      this.approvals.ofIncident(this.work, id, SHOWN.approvals + 1),
      this.escalations.around(this.work, id, agentId, SHOWN.escalations + 1),
      agentId === undefined ? [] : this.evidence.snapshotsOf(this.work, agentId, SHOWN.snapshots + 1),
    ]);
    return { artifacts, replays, approvals, escalations, snapshots };
  }

  private async ask({ orgId, environmentId, agentId }: Incident, context: CallContext) {
    const call = <Q extends object, A>(contract: RpcContract<Q, A>, request: Q): Promise<A | null> =>
      this.rpc.call(contract, request, context, { timeoutMs: PATIENCE_MS }).catch(() => null);
    const ofAgent = <Q extends object, A>(contract: RpcContract<Q, A>, request: (agentId: string) => Q): Promise<A | null> =>
      agentId === undefined ? Promise.resolve(null) : call(contract, request(agentId));
    const [environment, posture, agent, heartbeats, refusals] = await Promise.all([
      call(readEnvironment, { environmentId }),
      call(readPosture, { environmentId }),
      ofAgent(readAgent, (id) => ({ agentId: id })),
      ofAgent(listHeartbeats, (id) => ({ orgId, agentId: id, limit: SHOWN.heartbeats + 1 })),
      ofAgent(listRefusals, (id) => ({ agentId: id, limit: SHOWN.refusals + 1 })),
    ]);
    return { environment, posture, agent, heartbeats: heartbeats?.items ?? [], refusals: refusals?.items ?? [] };
  }
}

function names<T extends object>(of: T): (keyof T & keyof typeof SHOWN)[] {
  return Object.keys(of) as (keyof T & keyof typeof SHOWN)[];
}
