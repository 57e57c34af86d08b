import { type DynamicModule, Module } from '@nestjs/common';
import { MessagingModule } from '@reenact/messaging';
import { messagingTables, PersistenceModule } from '@reenact/persistence';
import { type ServiceConfig, ServiceKitModule } from '@reenact/service-kit';
import { AcknowledgeEscalationHandler } from './acknowledge-escalation/acknowledge-escalation.handler.js';
import { AcknowledgeEscalationRpc } from './acknowledge-escalation/acknowledge-escalation.rpc.js';
import { AddNoteHandler } from './add-note/add-note.handler.js';
import { AddNoteRpc } from './add-note/add-note.rpc.js';
import { CloseQuietHandler } from './close-escalation/close-quiet.handler.js';
import { CloseQuietTimer } from './close-escalation/close-quiet.timer.js';
import { FollowAgentConsumer } from './follow-agent/follow-agent.consumer.js';
import { FollowAgentHandler } from './follow-agent/follow-agent.handler.js';
import { FollowApprovalConsumer } from './follow-approval/follow-approval.consumer.js';
import { FollowApprovalHandler } from './follow-approval/follow-approval.handler.js';
import { FollowPostureConsumer } from './follow-posture/follow-posture.consumer.js';
import { FollowQuarantineConsumer } from './follow-quarantine/follow-quarantine.consumer.js';
import { FollowRefusalConsumer } from './follow-refusal/follow-refusal.consumer.js';
import { FollowRefusalHandler } from './follow-refusal/follow-refusal.handler.js';
import { FollowReplayConsumer } from './follow-replay/follow-replay.consumer.js';
import { FollowReplayHandler } from './follow-replay/follow-replay.handler.js';
import { FollowSwitchConsumer } from './follow-switch/follow-switch.consumer.js';
import { FollowVersionConsumer } from './follow-version/follow-version.consumer.js';
import { LocateResourceRpc } from './locate-resource/locate-resource.rpc.js';
import { IncidentRecorder } from './open-incident/incident-recorder.js';
import { OpenIncidentHandler } from './open-incident/open-incident.handler.js';
import { OpenIncidentRpc } from './open-incident/open-incident.rpc.js';
import { TakeEvidenceConsumer } from './open-incident/take-evidence.consumer.js';
import { TakeEvidenceHandler } from './open-incident/take-evidence.handler.js';
import { Escalations } from './raise-escalation/escalations.js';
import { ReadContextHandler } from './read-context/read-context.handler.js';
import { ReadContextRpc } from './read-context/read-context.rpc.js';
import { ReadEscalationRpc } from './read-escalation/read-escalation.rpc.js';
import { ReadIncidentRpc } from './read-incident/read-incident.rpc.js';
import { ReadTimelineRpc } from './read-timeline/read-timeline.rpc.js';
import { AgentHealthStore } from './store/agent-health.store.js';
import { ApprovalStore } from './store/approval.store.js';
import { EscalationStore } from './store/escalation.store.js';
import { EvidenceStore } from './store/evidence.store.js';
import { IncidentStore } from './store/incident.store.js';
import { ReplayStore } from './store/replay.store.js';
import { TimelineStore } from './store/timeline.store.js';
import { UpdateIncidentHandler } from './update-incident/update-incident.handler.js';
import { UpdateIncidentRpc } from './update-incident/update-incident.rpc.js';
import { EscalationTables1700000002000 } from './store/escalation-tables.migration.js';
import { IncidentTables1700000001000 } from './store/incident-tables.migration.js';

const ENTRIES = [
  AcknowledgeEscalationRpc,
  AddNoteRpc,
  FollowAgentConsumer,
  FollowApprovalConsumer,
  FollowPostureConsumer,
  FollowQuarantineConsumer,
  FollowRefusalConsumer,
  FollowReplayConsumer,
  FollowSwitchConsumer,
  FollowVersionConsumer,
  LocateResourceRpc,
  OpenIncidentRpc,
  ReadContextRpc,
  ReadEscalationRpc,
  ReadIncidentRpc,
  ReadTimelineRpc,
  TakeEvidenceConsumer,
  UpdateIncidentRpc,
];

const HANDLERS = [
  AcknowledgeEscalationHandler,
  AddNoteHandler,
  CloseQuietHandler,
  CloseQuietTimer,
  Escalations,
  FollowAgentHandler,
  FollowApprovalHandler,
  FollowRefusalHandler,
  FollowReplayHandler,
  IncidentRecorder,
  OpenIncidentHandler,
  ReadContextHandler,
  TakeEvidenceHandler,
  UpdateIncidentHandler,
];

const STORES = [AgentHealthStore, ApprovalStore, EscalationStore, EvidenceStore, IncidentStore, ReplayStore, TimelineStore];

const MIGRATIONS = [messagingTables('incident'), IncidentTables1700000001000, EscalationTables1700000002000];

/** Incidents: what evidence opened them, what happened since, and everything around them on one page. */
@Module({})
export class IncidentModule {
  static register({ database, nats }: Pick<ServiceConfig, 'database' | 'nats'>): DynamicModule {
    return {
      module: IncidentModule,
      imports: [
        PersistenceModule.forRoot({ service: 'incident', database, entities: [], migrations: MIGRATIONS }),
        MessagingModule.forRoot({ service: 'incident', nats }),
        ServiceKitModule,
      ],
      controllers: ENTRIES,
      providers: [...HANDLERS, ...STORES],
    };
  }
}
