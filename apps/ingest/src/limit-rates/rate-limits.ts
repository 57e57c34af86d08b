import { Inject, Injectable } from '@nestjs/common';
import { Problem } from '@reenact/contracts';
import { Clock } from '@reenact/service-kit';
import type { FastifyReply } from 'fastify';
import type { IngestLimits } from '../domain/limits.js';
import type { RateState } from '../domain/permit-book.js';
import { LIMITS } from '../ingest.tokens.js';
import { LeasedPolicy } from './leased-policy.js';
import { PermitLedger } from './permit-ledger.js';
import { UploadSlots } from './upload-slots.js';

/** Few questions, and little that is given back. */
const PIECE_BYTES = 1024 * 1024;

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
    @Inject(LIMITS) { rates, maximum }: IngestLimits,
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
    this.largestUpload = maximum.maxBytes;
  }

  takeHeartbeat(agentId: string, reply: FastifyReply): Promise<unknown> {
    return admit(this.heartbeats, agentId, reply);
  }

  takeEnrolment(environmentId: string, reply: FastifyReply): Promise<unknown> {
    return admit(this.enrolments, environmentId, reply);
  }

  takeFailedAuthentication(address: string, reply: FastifyReply): Promise<unknown> {
    return admit(this.failedAuthentications, address, reply);
  }

  /** Takes one upload, the bytes that it declares (or a first piece of those that it does not), and one of the places of those that run. */
  async takeUpload(agentId: string, declaredBytes: number | undefined, reply: FastifyReply): Promise<RunningUpload> {
    const piece = Math.min(PIECE_BYTES, this.uploadBytes.block);
    const taken = Math.min(declaredBytes ?? piece, this.largestUpload);
    const { window } = await admit(this.uploadBytes, agentId, reply, taken);
    const giveBytes = () => this.uploadBytes.charge(agentId, -taken, window);
    const upload = await admit(this.uploads, agentId, reply).catch((error: unknown) => giveBack(error, giveBytes));
    const giveAll = () => Promise.all([giveBytes(), this.uploads.charge(agentId, -1, upload.window)]);
    const release = await this.slots.take(agentId).catch((error: unknown) => giveBack(error, giveAll));
    if (!release) return giveBack(limited('concurrent-uploads', 1), giveAll);
    return new RunningUpload(this.uploadBytes, { agentId, piece, taken, window }, release);
  }
}

/** Throws the refusal when what was taken before it is given back. */
async function giveBack(refusal: unknown, taken: () => Promise<unknown>): Promise<never> {
  await taken().catch(() => undefined);
  throw refusal;
}

/** Says in the answer how things stand. */
async function admit(policy: LeasedPolicy, subject: string, reply: FastifyReply, cost = 1): Promise<RateState> {
  const state = await policy.take(subject, cost);
  const { allowed, limit, remaining, resetSeconds } = state;
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
  return state;
}

/** The bytes of an upload that runs, and its place. */
export class RunningUpload {
  constructor(
    private readonly policy: LeasedPolicy,
    private readonly bytes: { agentId: string; piece: number; taken: number; window: number },
    private readonly free: () => Promise<void>,
  ) {}

  /** How many bytes were taken by now. */
  get allowed(): number {
    return this.bytes.taken;
  }

  /** Takes a further piece, for bytes that were not declared. Throws as `RateLimits` does. */
  async takeMore(): Promise<void> {
    const { agentId, piece } = this.bytes;
    const { allowed, resetSeconds, window } = await this.policy.take(agentId, piece);
    if (!allowed) throw limited(this.policy.name, resetSeconds);
    this.bytes.taken += piece;
    this.bytes.window = window;
  }

  /** To be called at its end, whatever it was, with the bytes that came. */
  async end(came: number): Promise<void> {
    await this.free();
    const { agentId, taken, window } = this.bytes;
    // The ledger hears of it with the next question if not now.
    await this.policy.charge(agentId, came - taken, window).catch(() => undefined);
  }
}

const limited = (policy: string, retryAfterSeconds: number) =>
  new Problem('rate_limited', { detail: `The limit of ${policy} is reached`, members: { policy, retryAfterSeconds } });
