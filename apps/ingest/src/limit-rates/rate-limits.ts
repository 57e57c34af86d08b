import { Inject, Injectable } from '@nestjs/common';
import { Problem } from '@reenact/contracts';
import { Clock } from '@reenact/service-kit';
import type { FastifyReply } from 'fastify';
import type { IngestLimits } from '../domain/limits.js';
import { LIMITS } from '../ingest.tokens.js';
import { LeasedPolicy } from './leased-policy.js';
import { PermitLedger } from './permit-ledger.js';
import { UploadSlots } from './upload-slots.js';

/** What callers may take, over all replicas. Every method throws `rate_limited`, or `try_later` when the limits cannot be checked. */
@Injectable()
export class RateLimits {
  private readonly failedAuthentications: LeasedPolicy;
  private readonly heartbeats: LeasedPolicy;
  private readonly uploads: LeasedPolicy;
  private readonly uploadBytes: LeasedPolicy;
  private readonly enrolments: LeasedPolicy;
  private readonly largestUpload: number;

  constructor(
    @Inject(LIMITS) { rates, artifact }: IngestLimits,
    ledger: PermitLedger,
    private readonly slots: UploadSlots,
    clock: Clock,
  ) {
    const policy = (name: string, limit: number) => new LeasedPolicy(name, limit, ledger, () => clock.now().getTime());
    this.failedAuthentications = policy('failed-authentications', rates.failedAuthenticationsPerMinute);
    this.heartbeats = policy('heartbeats', rates.heartbeatsPerMinute);
    this.uploads = policy('uploads', rates.uploadsPerMinute);
    this.uploadBytes = policy('upload-bytes', rates.uploadBytesPerMinute);
    this.enrolments = policy('enrolments', rates.enrolmentsPerMinute);
    this.largestUpload = artifact.maxBytes;
  }

  takeHeartbeat(agentId: string, reply: FastifyReply): Promise<void> {
    return admit(this.heartbeats, agentId, reply);
  }

  takeEnrolment(environmentId: string, reply: FastifyReply): Promise<void> {
    return admit(this.enrolments, environmentId, reply);
  }

  takeFailedAuthentication(address: string, reply: FastifyReply): Promise<void> {
    return admit(this.failedAuthentications, address, reply);
  }

  /**
   * Takes one upload, the bytes that it declares, and one of the places of those that run. The answer is to be called with the bytes
   * that came, when the upload has ended in whatever way.
   */
  async takeUpload(agentId: string, declaredBytes: number, reply: FastifyReply): Promise<(bytes: number) => Promise<void>> {
    const declared = Math.min(declaredBytes, this.largestUpload);
    await admit(this.uploadBytes, agentId, reply, declared);
    await admit(this.uploads, agentId, reply).catch((error: unknown) => this.giveBack(agentId, { bytes: declared }, error));
    const release = await this.slots
      .take(agentId)
      .catch((error: unknown) => this.giveBack(agentId, { bytes: declared, uploads: 1 }, error));
    if (!release) return this.giveBack(agentId, { bytes: declared, uploads: 1 }, limited('concurrent-uploads', 1));
    return async (bytes) => {
      await release();
      // The ledger hears of it with the next question if not now.
      await this.uploadBytes.charge(agentId, bytes - declared).catch(() => undefined);
    };
  }

  private async giveBack(agentId: string, taken: { bytes: number; uploads?: number }, refusal: unknown): Promise<never> {
    const given = [this.uploadBytes.charge(agentId, -taken.bytes), this.uploads.charge(agentId, -(taken.uploads ?? 0))];
    await Promise.allSettled(given);
    throw refusal;
  }
}

/** Says in the answer how things stand. */
async function admit(policy: LeasedPolicy, subject: string, reply: FastifyReply, cost = 1): Promise<void> {
  const { allowed, limit, remaining, resetSeconds } = await policy.take(subject, cost);
  // An upload has several policies: all of them are listed, and the plain headers are of the last one asked.
  const listed = (name: string, item: string) => [reply.getHeader(name), item].filter(Boolean).join(', ');
  const unit = policy.name === 'upload-bytes' ? ';qu="content-bytes"' : '';
  void reply.headers({
    'RateLimit-Policy': listed('RateLimit-Policy', `"${policy.name}";q=${limit}${unit};w=60`),
    RateLimit: listed('RateLimit', `"${policy.name}";r=${remaining};t=${resetSeconds}`),
    'X-RateLimit-Limit': String(limit),
    'X-RateLimit-Remaining': String(remaining),
    'X-RateLimit-Reset': String(resetSeconds),
  });
  if (!allowed) throw limited(policy.name, resetSeconds);
}

const limited = (policy: string, retryAfterSeconds: number) =>
  new Problem('rate_limited', { detail: `The limit of ${policy} is reached`, members: { policy, retryAfterSeconds } });
