import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { MessagingModule } from '@reenact/messaging';
import { type ObjectStore, openObjectStore, writerBytes } from '@reenact/object-store';
import { messagingTables, PersistenceModule } from '@reenact/persistence';
import { ServiceKitModule } from '@reenact/service-kit';
import { AuthenticateAgentHandler } from './authenticate-agent/authenticate-agent.handler.js';
import { AuthenticateAgentHook } from './authenticate-agent/authenticate-agent.http.js';
import { FailedAuthentications } from './authenticate-agent/failed-authentications.js';
import { HearRevocations } from './authenticate-agent/hear-revocations.consumer.js';
import { KeyVerifier } from './authenticate-agent/key-verifier.js';
import { CountRefusalHandler } from './count-refusal/count-refusal.handler.js';
import { CountRefusalHook } from './count-refusal/count-refusal.http.js';
import { CountRefusalTimer } from './count-refusal/count-refusal.timer.js';
import { ForgetRefusalsTimer } from './count-refusal/forget-refusals.timer.js';
import { RefusalTally } from './count-refusal/refusal-tally.js';
import { DEFAULT_CAPACITY } from './domain/capacity.js';
import { DEFAULT_LIMITS } from './domain/limits.js';
import { DEFAULT_SCRUB_PACE } from './domain/scrub-pace.js';
import { DEFAULT_UPLOAD_PATIENCE } from './domain/upload-patience.js';
import { EnrolAgentHandler } from './enrol-agent/enrol-agent.handler.js';
import { EnrolAgentController } from './enrol-agent/enrol-agent.http.js';
import { RequestGate } from './http/request-gate.js';
import { LingeringCloseHook } from './http/lingering-close.http.js';
import type { IngestConfig } from './ingest.config.js';
import { CAPACITY, LIMITS, OBJECT_STORE, SCRUB_PACE, UPLOAD_PATIENCE, WRITER_BYTES } from './ingest.tokens.js';
import { KeepLimitsTimer } from './limit-rates/keep-limits.timer.js';
import { PermitLedger } from './limit-rates/permit-ledger.js';
import { RateLimits } from './limit-rates/rate-limits.js';
import { UploadSlots } from './limit-rates/upload-slots.js';
import { LinkIncidentConsumer } from './link-incident/link-incident.consumer.js';
import { ManageKeysController } from './manage-keys/manage-keys.http.js';
import { ContentHandler } from './read-artifact/content.handler.js';
import { ReadArtifactRpc } from './read-artifact/read-artifact.rpc.js';
import { ReadContentRpc } from './read-artifact/read-content.rpc.js';
import { ReadHeartbeatsRpc } from './read-heartbeats/read-heartbeats.rpc.js';
import { ReadLimitsController } from './read-limits/read-limits.http.js';
import { ReadRefusalsRpc } from './read-refusals/read-refusals.rpc.js';
import { ReadSigningKeysController } from './read-signing-keys/read-signing-keys.http.js';
import { RecordHeartbeatHandler } from './record-heartbeat/record-heartbeat.handler.js';
import { RecordHeartbeatController } from './record-heartbeat/record-heartbeat.http.js';
import { RecordReadingsHandler } from './record-heartbeat/record-readings.handler.js';
import { RecordReadingsTimer } from './record-heartbeat/record-readings.timer.js';
import { RecordKeyUsesHandler } from './record-key-uses/record-key-uses.handler.js';
import { RecordKeyUsesTimer } from './record-key-uses/record-key-uses.timer.js';
import { QuarantineBlobHandler } from './scrub-blobs/quarantine-blob.handler.js';
import { ScrubBlobsHandler } from './scrub-blobs/scrub-blobs.handler.js';
import { ScrubBlobsTimer } from './scrub-blobs/scrub-blobs.timer.js';
import { ArtifactStore } from './store/artifact.store.js';
import { BlobLeases1764100000000 } from './store/blob-leases.migration.js';
import { BlobStore } from './store/blob.store.js';
import { IngestTables1764000000000 } from './store/ingest-tables.migration.js';
import { RateLimits1764000001000 } from './store/rate-limits.migration.js';
import { RateWindowStore } from './store/rate-window.store.js';
import { RefusalAge1764300000000 } from './store/refusal-age.migration.js';
import { RefusedEnrolments1764200000000 } from './store/refused-enrolments.migration.js';
import { RefusalStore } from './store/refusal.store.js';
import { UploadSlotStore } from './store/upload-slot.store.js';
import { ScrubFailures1764300001000 } from './store/scrub-failures.migration.js';
import { ScrubStore } from './store/scrub.store.js';
import { RemoveBlobHandler } from './sweep-blobs/remove-blob.handler.js';
import { SweepBlobsHandler } from './sweep-blobs/sweep-blobs.handler.js';
import { SweepBlobsTimer } from './sweep-blobs/sweep-blobs.timer.js';
import { FindByDigestController } from './upload-artifact/find-by-digest.http.js';
import { HashThread } from './upload-artifact/hash-thread.js';
import { RecordUploads } from './upload-artifact/record-uploads.js';
import { UploadArtifactHandler } from './upload-artifact/upload-artifact.handler.js';
import { UploadArtifactController } from './upload-artifact/upload-artifact.http.js';

/** Evidence arrives here: agents, their heartbeats and artifacts, and what they were refused. */
@Module({})
export class IngestModule implements OnApplicationShutdown {
  constructor(@Inject(OBJECT_STORE) private readonly objects: ObjectStore) {}

  static register(config: IngestConfig): DynamicModule {
    return {
      module: IngestModule,
      imports: [
        ServiceKitModule,
        PersistenceModule.forRoot({
          service: 'ingest',
          database: config.database,
          entities: [],
          migrations: [
            messagingTables('ingest'),
            IngestTables1764000000000,
            RateLimits1764000001000,
            BlobLeases1764100000000,
            RefusedEnrolments1764200000000,
            RefusalAge1764300000000,
            ScrubFailures1764300001000,
          ],
        }),
        MessagingModule.forRoot({ service: 'ingest', nats: config.nats }),
      ],
      controllers: [
        EnrolAgentController,
        RecordHeartbeatController,
        FindByDigestController,
        UploadArtifactController,
        ManageKeysController,
        ReadSigningKeysController,
        ReadLimitsController,
        ReadArtifactRpc,
        ReadContentRpc,
        ReadHeartbeatsRpc,
        ReadRefusalsRpc,
        LinkIncidentConsumer,
      ],
      providers: [
        { provide: CAPACITY, useValue: config.capacity ?? DEFAULT_CAPACITY },
        { provide: WRITER_BYTES, useValue: writerBytes(config.objectStore) },
        { provide: LIMITS, useValue: config.limits ?? DEFAULT_LIMITS },
        { provide: SCRUB_PACE, useValue: config.scrub ?? DEFAULT_SCRUB_PACE },
        { provide: UPLOAD_PATIENCE, useValue: config.patience ?? DEFAULT_UPLOAD_PATIENCE },
        { provide: OBJECT_STORE, useFactory: () => openObjectStore(config.objectStore) },
        // First, so that its look at a request comes before all others.
        RequestGate,
        ArtifactStore,
        AuthenticateAgentHandler,
        AuthenticateAgentHook,
        BlobStore,
        ContentHandler,
        CountRefusalHandler,
        CountRefusalHook,
        CountRefusalTimer,
        EnrolAgentHandler,
        FailedAuthentications,
        ForgetRefusalsTimer,
        HashThread,
        HearRevocations,
        KeepLimitsTimer,
        KeyVerifier,
        LingeringCloseHook,
        PermitLedger,
        RateLimits,
        RateWindowStore,
        RecordHeartbeatHandler,
        RecordKeyUsesHandler,
        RecordKeyUsesTimer,
        RecordReadingsHandler,
        RecordReadingsTimer,
        RecordUploads,
        RefusalStore,
        RefusalTally,
        QuarantineBlobHandler,
        RemoveBlobHandler,
        ScrubBlobsHandler,
        ScrubBlobsTimer,
        ScrubStore,
        SweepBlobsHandler,
        SweepBlobsTimer,
        UploadArtifactHandler,
        UploadSlots,
        UploadSlotStore,
      ],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.objects.close();
  }
}
