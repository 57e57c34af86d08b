import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Problem } from '@reenact/contracts';
import { BODY_LIMIT_BYTES, Metrics } from '@reenact/service-kit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Capacity } from '../domain/capacity.js';
import { CAPACITY, WRITER_BYTES } from '../ingest.tokens.js';
import { AddressShares } from './address-shares.js';
import { routeOf, scopeOf } from './agent-route.js';

/** What is let in however busy the service is: whoever watches it must see that. */
const ALWAYS = new Set(['/healthz', '/readyz', '/metrics']);

/** An upload streams: whatever its size, it holds no more than its buffers, and what the writer of its object keeps. */
const UPLOAD_BYTES = 1024 * 1024;

/** Turns requests away before anything is done for them when those that run fill the service: it never queues what it cannot hold. */
@Injectable()
export class RequestGate {
  private requests = 0;
  private bytes = 0;
  private readonly unvouched = new AddressShares();

  constructor(
    host: HttpAdapterHost,
    metrics: Metrics,
    @Inject(CAPACITY) private readonly capacity: Capacity,
    @Inject(WRITER_BYTES) private readonly writerBytes: number,
  ) {
    const instance = host.httpAdapter.getInstance() as FastifyInstance;
    const turnedAway = metrics.counter('overload_total', 'Requests that were turned away because too many ran');
    metrics.gauge('requests_in_flight', 'Requests that run', () => this.requests);
    metrics.gauge('request_bytes_in_flight', 'Bytes that running requests may hold', () => this.bytes);
    instance.addHook('onRequest', async (request, reply) => {
      if (ALWAYS.has(request.url)) return;
      const bytes = this.bytesOf(request);
      if (!this.hasRoom(request, bytes)) {
        turnedAway.inc();
        throw new Problem('try_later', { detail: 'Too many requests run now', members: { retryAfterSeconds: 1 } });
      }
      this.requests += 1;
      this.bytes += bytes;
      const address = isUnvouched(request) ? request.ip : undefined;
      if (address !== undefined) this.unvouched.add(address, bytes);
      // Comes after every answer, and after a caller that left without one.
      reply.raw.once('close', () => {
        this.requests -= 1;
        this.bytes -= bytes;
        if (address !== undefined) this.unvouched.remove(address, bytes);
      });
    });
  }

  private hasRoom(request: FastifyRequest, bytes: number): boolean {
    const { maxRequests, maxBytes, maxUnauthenticatedPerAddress } = this.capacity;
    if (this.requests >= maxRequests || this.bytes + bytes > maxBytes) return false;
    if (!isUnvouched(request)) return true;
    const held = this.unvouched.of(request.ip);
    const share = maxUnauthenticatedPerAddress / maxRequests;
    return held.requests < maxUnauthenticatedPerAddress && held.bytes + bytes <= share * maxBytes;
  }

  /** What a request may make the service hold: its declared body, or as much as a body of unknown length may have. */
  private bytesOf({ headers }: FastifyRequest): number {
    const length = headers['content-length'];
    const declared = length === undefined ? Number.POSITIVE_INFINITY : Number(length);
    if (headers['content-type']?.toLowerCase().startsWith('multipart/'))
      return UPLOAD_BYTES + Math.min(declared, this.writerBytes);
    if (length === undefined && headers['transfer-encoding'] === undefined) return 0;
    return Math.min(declared, BODY_LIMIT_BYTES);
  }
}

/** No agent key opens its route. Where one does, a bad one is found out before the body, and a good one is not to suffer for others. */
function isUnvouched(request: FastifyRequest): boolean {
  return scopeOf(routeOf(request)) === undefined;
}
