import { type DynamicModule, Module } from '@nestjs/common';
import { MessagingModule } from '@reenact/messaging';
import { messagingTables, PersistenceModule } from '@reenact/persistence';
import { ServiceKitModule } from '@reenact/service-kit';
import { ArchiveEnvironmentHandler } from './archive-environment/archive-environment.handler.js';
import { ArchiveEnvironmentRpc } from './archive-environment/archive-environment.rpc.js';
import { CATALOG_CONFIG, type CatalogConfig } from './catalog.config.js';
import { ChangeMemberHandler } from './change-member/change-member.handler.js';
import { ChangeMemberRpc } from './change-member/change-member.rpc.js';
import { ChangePostureHandler } from './change-posture/change-posture.handler.js';
import { ChangePostureRpc } from './change-posture/change-posture.rpc.js';
import { PostureSetter } from './change-posture/posture-setter.js';
import { CreateEnvironmentHandler } from './create-environment/create-environment.handler.js';
import { CreateEnvironmentRpc } from './create-environment/create-environment.rpc.js';
import { CreateOrganisationHandler } from './create-organisation/create-organisation.handler.js';
import { CreateOrganisationRpc } from './create-organisation/create-organisation.rpc.js';
import { CreateProjectHandler } from './create-project/create-project.handler.js';
import { CreateProjectRpc } from './create-project/create-project.rpc.js';
import { CreateTargetHandler } from './create-target/create-target.handler.js';
import { CreateTargetRpc } from './create-target/create-target.rpc.js';
import { DecidePostureChangeHandler } from './decide-posture-change/decide-posture-change.handler.js';
import { DecidePostureChangeRpc } from './decide-posture-change/decide-posture-change.rpc.js';
import { EnrolAgentHandler } from './enrol-agent/enrol-agent.handler.js';
import { EnrolAgentRpc } from './enrol-agent/enrol-agent.rpc.js';
import { FollowArtifactConsumer } from './follow-artifact/follow-artifact.consumer.js';
import { IssueEnrolmentTokenHandler } from './issue-enrolment-token/issue-enrolment-token.handler.js';
import { IssueEnrolmentTokenRpc } from './issue-enrolment-token/issue-enrolment-token.rpc.js';
import { IssueKeyHandler } from './issue-key/issue-key.handler.js';
import { IssueKeyRpc } from './issue-key/issue-key.rpc.js';
import { KeyIssuer } from './issue-key/key-issuer.js';
import { ArtifactLimiter } from './limit-artifacts/artifact-limiter.js';
import { LimitArtifactsHandler } from './limit-artifacts/limit-artifacts.handler.js';
import { LimitArtifactsRpc } from './limit-artifacts/limit-artifacts.rpc.js';
import { LocateResourceRpc } from './locate-resource/locate-resource.rpc.js';
import { PinTargetsRpc } from './pin-targets/pin-targets.rpc.js';
import { ReadAgentRpc } from './read-agent/read-agent.rpc.js';
import { ReadEnvironmentRpc } from './read-environment/read-environment.rpc.js';
import { ReadMemberRpc } from './read-member/read-member.rpc.js';
import { ReadOrganisationRpc } from './read-organisation/read-organisation.rpc.js';
import { ReadPostureRpc } from './read-posture/read-posture.rpc.js';
import { ReadProjectRpc } from './read-project/read-project.rpc.js';
import { ReadReplayFactsHandler } from './read-replay-facts/read-replay-facts.handler.js';
import { ReadReplayFactsRpc } from './read-replay-facts/read-replay-facts.rpc.js';
import { ReadTargetRpc } from './read-target/read-target.rpc.js';
import { ReadVersionRpc } from './read-version/read-version.rpc.js';
import { RecordKeyUsesRpc } from './record-key-uses/record-key-uses.rpc.js';
import { RecordReadingsHandler } from './record-readings/record-readings.handler.js';
import { RecordReadingsRpc } from './record-readings/record-readings.rpc.js';
import { RegisterVersionHandler } from './register-version/register-version.handler.js';
import { RegisterVersionRpc } from './register-version/register-version.rpc.js';
import { RemoveTargetHandler } from './remove-target/remove-target.handler.js';
import { RemoveTargetRpc } from './remove-target/remove-target.rpc.js';
import { ResolvePathRpc } from './resolve-path/resolve-path.rpc.js';
import { ResolveTargetsRpc } from './resolve-targets/resolve-targets.rpc.js';
import { RetireVersionHandler } from './retire-version/retire-version.handler.js';
import { RetireVersionRpc } from './retire-version/retire-version.rpc.js';
import { RevokeKeyHandler } from './revoke-key/revoke-key.handler.js';
import { RevokeKeyRpc } from './revoke-key/revoke-key.rpc.js';
import { SetAgentStateHandler } from './set-agent-state/set-agent-state.handler.js';
import { SetAgentStateRpc } from './set-agent-state/set-agent-state.rpc.js';
import { AgentStore } from './store/agent.store.js';
import { EnrolmentStore } from './store/enrolment.store.js';
import { EnvironmentStore } from './store/environment.store.js';
import { KeyStore } from './store/key.store.js';
import { MemberStore } from './store/member.store.js';
import { OrganisationStore } from './store/organisation.store.js';
import { PostureChangeStore } from './store/posture-change.store.js';
import { ProjectStore } from './store/project.store.js';
import { ResourceStore } from './store/resource.store.js';
import { SequenceStore } from './store/sequence.store.js';
import { TargetStore } from './store/target.store.js';
import { VersionStore } from './store/version.store.js';
import { UpdateTargetHandler } from './update-target/update-target.handler.js';
import { UpdateTargetRpc } from './update-target/update-target.rpc.js';
import { VerifyEnrolmentRpc } from './verify-enrolment/verify-enrolment.rpc.js';
import { VerifyKeysRpc } from './verify-keys/verify-keys.rpc.js';
import { WatchAgentsHandler } from './watch-agents/watch-agents.handler.js';
import { WatchAgentsTimer } from './watch-agents/watch-agents.timer.js';
import { AgentSequence1700000002000 } from './store/agent-sequence.migration.js';
import { ArtifactLimits1700000004000 } from './store/artifact-limits.migration.js';
import { CatalogTables1700000001000 } from './store/catalog-tables.migration.js';
import { TargetLimits1700000003000 } from './store/target-limits.migration.js';

const ENTRIES = [
  ArchiveEnvironmentRpc,
  ChangeMemberRpc,
  ChangePostureRpc,
  CreateEnvironmentRpc,
  CreateOrganisationRpc,
  CreateProjectRpc,
  CreateTargetRpc,
  DecidePostureChangeRpc,
  EnrolAgentRpc,
  FollowArtifactConsumer,
  IssueEnrolmentTokenRpc,
  IssueKeyRpc,
  LimitArtifactsRpc,
  LocateResourceRpc,
  PinTargetsRpc,
  ReadAgentRpc,
  ReadEnvironmentRpc,
  ReadMemberRpc,
  ReadOrganisationRpc,
  ReadPostureRpc,
  ReadProjectRpc,
  ReadReplayFactsRpc,
  ReadTargetRpc,
  ReadVersionRpc,
  RecordKeyUsesRpc,
  RecordReadingsRpc,
  RegisterVersionRpc,
  RemoveTargetRpc,
  ResolvePathRpc,
  ResolveTargetsRpc,
  RetireVersionRpc,
  RevokeKeyRpc,
  SetAgentStateRpc,
  UpdateTargetRpc,
  VerifyEnrolmentRpc,
  VerifyKeysRpc,
];

const HANDLERS = [
  ArchiveEnvironmentHandler,
  ArtifactLimiter,
  ChangeMemberHandler,
  ChangePostureHandler,
  CreateEnvironmentHandler,
  CreateOrganisationHandler,
  CreateProjectHandler,
  CreateTargetHandler,
  DecidePostureChangeHandler,
  EnrolAgentHandler,
  IssueEnrolmentTokenHandler,
  IssueKeyHandler,
  KeyIssuer,
  LimitArtifactsHandler,
  PostureSetter,
  ReadReplayFactsHandler,
  RecordReadingsHandler,
  RegisterVersionHandler,
  RemoveTargetHandler,
  RetireVersionHandler,
  RevokeKeyHandler,
  SetAgentStateHandler,
  UpdateTargetHandler,
  WatchAgentsHandler,
  WatchAgentsTimer,
];

const STORES = [
  AgentStore,
  EnrolmentStore,
  EnvironmentStore,
  KeyStore,
  MemberStore,
  OrganisationStore,
  PostureChangeStore,
  ProjectStore,
  ResourceStore,
  SequenceStore,
  TargetStore,
  VersionStore,
];

const MIGRATIONS = [
  messagingTables('catalog'),
  CatalogTables1700000001000,
  AgentSequence1700000002000,
  TargetLimits1700000003000,
  ArtifactLimits1700000004000,
];

/** The catalogue: organisations, environments and their posture, targets, agents and keys, pipeline versions. */
@Module({})
export class CatalogModule {
  static register(config: CatalogConfig): DynamicModule {
    const { database, nats } = config;
    return {
      module: CatalogModule,
      imports: [
        PersistenceModule.forRoot({ service: 'catalog', database, entities: [], migrations: MIGRATIONS }),
        MessagingModule.forRoot({ service: 'catalog', nats }),
        ServiceKitModule,
      ],
      controllers: ENTRIES,
      providers: [{ provide: CATALOG_CONFIG, useValue: config }, ...HANDLERS, ...STORES],
    };
  }
}
