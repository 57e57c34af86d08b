import { Injectable } from '@nestjs/common';
import { Problem } from '@reenact/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RateLimits } from '../limit-rates/rate-limits.js';

/** Slows down who guesses, by address. Only what failed is counted, so that a good key from the same address is never refused. */
@Injectable()
export class FailedAuthentications {
  constructor(private readonly rates: RateLimits) {}

  /** What to answer instead of an error: itself, or `rate_limited` when it is one failure too many. */
  async judge(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    if (!(error instanceof Problem) || error.status !== 401 || error.code === 'credential_missing') return error;
    try {
      await this.rates.takeFailedAuthentication(request.ip, reply);
      return error;
    } catch (refusal) {
      // Limits that cannot be checked change nothing about the credential.
      return refusal instanceof Problem && refusal.code === 'rate_limited' ? refusal : error;
    }
  }
}
