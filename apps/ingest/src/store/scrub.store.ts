import { Injectable } from '@nestjs/common';
import type { Transaction } from '@reenact/persistence';
import type { Blob } from './blob.store.js';
import type { Queryable } from './queryable.js';

/** A blob whose bytes are to be hashed again, as it was when it was claimed. */
export interface BlobToScrub extends Blob {
  touchedAt: Date;
}

/** What events say of an artifact whose state changed. */
export interface ChangedArtifact {
  id: string;
  agentId: string;
  orgId: string;
  projectId: string;
  environmentId: string;
  sha256: string;
  version: number;
}

const CHANGED = `id, agent_id as "agentId", org_id as "orgId", project_id as "projectId", environment_id as "environmentId", sha256, version`;

/** Whether stored bytes still are what they were. */
@Injectable()
export class ScrubStore {
  /** The blob that waits longest; other replicas leave it alone until the lease is over. */
  async claim(db: Queryable, now: Date, leaseUntil: Date): Promise<BlobToScrub | undefined> {
    const [blob] = await db.query<BlobToScrub>(
      `update ingest.blob set scrub_at = $2 where (org_id, sha256) in (
         select org_id, sha256 from ingest.blob where state = 'stored' and not corrupt and scrub_at <= $1
         order by scrub_at limit 1 for update skip locked)
       returning org_id as "orgId", sha256, key, size, touched_at as "touchedAt"`,
      [now, leaseUntil],
    );
    return blob;
  }

  async schedule(db: Queryable, { orgId, sha256 }: Blob, at: Date): Promise<void> {
    await db.query('update ingest.blob set scrub_at = $3 where org_id = $1 and sha256 = $2', [orgId, sha256, at]);
  }

  /** Counts that its bytes could not be read. Answers how often that was so without a success in between. */
  async countFailure(db: Queryable, { orgId, sha256 }: Blob, nextAt: Date): Promise<number> {
    const [row] = await db.query<{ failures: number }>(
      `update ingest.blob set scrub_failures = scrub_failures + 1, scrub_at = $3
       where org_id = $1 and sha256 = $2 returning scrub_failures as failures`,
      [orgId, sha256, nextAt],
    );
    return row?.failures ?? 0;
  }

  async clearFailures(db: Queryable, { orgId, sha256 }: Blob): Promise<void> {
    await db.query('update ingest.blob set scrub_failures = 0 where org_id = $1 and sha256 = $2 and scrub_failures > 0', [
      orgId,
      sha256,
    ]);
  }

  /** Answers false when an upload of the same bytes came in between: it may have put the object back. */
  async markCorrupt(tx: Transaction, { orgId, sha256, touchedAt }: BlobToScrub): Promise<boolean> {
    const marked = await tx.query(
      `update ingest.blob set corrupt = true where org_id = $1 and sha256 = $2 and state = 'stored' and touched_at = $3 returning key`,
      [orgId, sha256, touchedAt],
    );
    return marked.length > 0;
  }

  async markSound(tx: Transaction, { orgId, sha256 }: Blob, scrubAt: Date): Promise<void> {
    await tx.query(
      'update ingest.blob set corrupt = false, scrub_failures = 0, scrub_at = $3 where org_id = $1 and sha256 = $2',
      [orgId, sha256, scrubAt],
    );
  }

  /** Changes every artifact over the blob that is not in that state already. */
  changeState(tx: Transaction, { orgId, sha256 }: Blob, state: 'stored' | 'quarantined'): Promise<ChangedArtifact[]> {
    return tx.query<ChangedArtifact>(
      `update ingest.artifact set state = $3, version = version + 1
       where org_id = $1 and sha256 = $2 and state <> $3 returning ${CHANGED}`,
      [orgId, sha256, state],
    );
  }
}
