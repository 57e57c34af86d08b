import { Controller, type DynamicModule, Module } from '@nestjs/common';
import {
  type ArtifactSource,
  type ConfirmDispatch,
  confirmDispatch,
  listSigningKeys,
  openArtifact,
  type PinTargets,
  type PipelineVersion,
  type PostureRecord,
  Problem,
  pinTargets,
  type ReadArtifact,
  type ReadReplay,
  type ReadVersion,
  type ResolveTargets,
  type Replay,
  type ReplayState,
  readPosture,
  readReplay,
  readVersion,
  resolveTargets,
  type SettledUse,
  type SignedKeySet,
  settleUse,
  type Target,
} from '@reenact/contracts';
import { MessagingModule, Rpc } from '@reenact/messaging';
import { messagingTables, PersistenceModule } from '@reenact/persistence';
import { ServiceKitModule } from '@reenact/service-kit';

/** What the other services would answer, as a test wants it. */
export class Answers {
  /** The evidence captured last, and the version that it ran. */
  source: ArtifactSource;
  version: PipelineVersion;
  readonly sources = new Map<string, ArtifactSource>();
  readonly versions = new Map<string, PipelineVersion>();
  posture: PostureRecord;
  target: Target;
  /** Beside the one. */
  readonly otherTargets: Target[] = [];
  keys: () => SignedKeySet;
  settle: () => SettledUse = () => ({ settled: true });
  /** What the orchestrator stands by, by replay: the digests of its command and of the place. */
  readonly dispatched = new Map<string, { commandDigest: string; scopeDigest: string }>();
  /** The state of replays, where a test asks for it. */
  readonly replayStates = new Map<string, ReplayState>();
  readonly calls: string[] = [];
  readonly away = new Set<string>();

  asked(name: string): void {
    this.calls.push(name);
    if (this.away.has(name)) throw new Problem('try_later');
  }
}

@Controller()
class Responders {
  constructor(private readonly answers: Answers) {}

  @Rpc(openArtifact)
  async open({ artifactId }: ReadArtifact): Promise<ArtifactSource> {
    this.answers.asked('open');
    const source = this.answers.sources.get(artifactId);
    if (!source) throw new Problem('not_found');
    return source;
  }

  @Rpc(readVersion)
  async version({ versionId }: ReadVersion): Promise<PipelineVersion> {
    this.answers.asked('version');
    const version = this.answers.versions.get(versionId);
    if (!version) throw new Problem('not_found');
    return version;
  }

  @Rpc(readPosture)
  async posture(): Promise<PostureRecord> {
    this.answers.asked('posture');
    return this.answers.posture;
  }

  @Rpc(pinTargets)
  async pin({ names }: PinTargets) {
    this.answers.asked('pin');
    const known = [this.answers.target, ...this.answers.otherTargets].filter(({ name }) => names.includes(name));
    return { targets: known.map(({ id, name, revision, kind }) => ({ id, name, revision, kind })) };
  }

  @Rpc(resolveTargets)
  async resolve({ targets }: ResolveTargets) {
    this.answers.asked('resolve');
    const known = [this.answers.target, ...this.answers.otherTargets].filter(({ id }) => targets.some((one) => one.id === id));
    if (known.some(({ id, revision }) => targets.some((one) => one.id === id && one.revision !== revision)))
      throw new Problem('target_changed');
    return { targets: known };
  }

  @Rpc(listSigningKeys)
  async keys(): Promise<SignedKeySet> {
    this.answers.asked('keys');
    return this.answers.keys();
  }

  @Rpc(settleUse)
  async settle(): Promise<SettledUse> {
    this.answers.asked('settle');
    return this.answers.settle();
  }

  @Rpc(readReplay)
  async replay({ replayId }: ReadReplay): Promise<Replay> {
    const state = this.answers.replayStates.get(replayId);
    if (!state) throw new Problem('not_found');
    return { id: replayId, state } as Replay;
  }

  @Rpc(confirmDispatch)
  async confirm({ replayId, commandDigest, scopeDigest }: ConfirmDispatch) {
    this.answers.asked('confirm');
    const sent = this.answers.dispatched.get(replayId);
    return { confirmed: sent?.commandDigest === commandDigest && sent.scopeDigest === scopeDigest };
  }
}

/** The other services, as one module of RPC responders. */
@Module({})
export class NeighboursModule {
  static register(database: { url: string }, nats: { url: string }, answers: Answers): DynamicModule {
    return {
      module: NeighboursModule,
      imports: [
        PersistenceModule.forRoot({
          service: 'replay-orchestrator',
          database,
          entities: [],
          migrations: [messagingTables('replay-orchestrator')],
        }),
        MessagingModule.forRoot({ service: 'replay-orchestrator', nats }),
        ServiceKitModule,
      ],
      controllers: [Responders],
      providers: [{ provide: Answers, useValue: answers }],
    };
  }
}
