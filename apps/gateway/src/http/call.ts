import type { CallContext, Membership, ResourceScope, Role, RpcContract } from '@reenact/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Need } from '../domain/permission.js';

/** Who calls: the person behind a token, with the roles that the token lets through. */
export interface Caller {
  userId: string;
  name: string;
  tokenId: string;
  installationAdmin: boolean;
  /** The subset of roles that the token is limited to, if it is. */
  roles?: Role[];
  memberships: Membership[];
}

/** One authorised call, as route handlers see it. */
export interface Call {
  caller: Caller;
  context: CallContext;
  /** The place that the permission row names; empty for `person` and `body` rows. */
  scope: ResourceScope;
  params: Record<string, string>;
  query: Record<string, unknown>;
  /** The JSON body, which must be an object. Throws `validation_failed`. */
  body(): Record<string, unknown>;
  /** The revision of `If-Match`. Throws `precondition_required` or `precondition_failed`. */
  ifMatch(): number;
  /** For `POST`s that create: what the owner keeps of the `Idempotency-Key`, if one was sent. */
  idempotency(): { caller: string; route: string; key: string; requestHash: string } | undefined;
  ask<Q extends object, A>(contract: RpcContract<Q, A>, request: Q): Promise<A>;
  /** The place of a resource that the body names. Absent, unknown or invisible: `validation_failed` on the field; no role: `forbidden`. */
  require(field: string, id: unknown, need: Need): Promise<ResourceScope>;
  /** Judges a need at the call's own place; for rows that leave it to the handler. Throws `forbidden`. */
  allow(need: Need): void;
  /** As `allow`, for what a call shows only to some: false instead of `forbidden`, and no denial is noted. */
  may(need: Need): Promise<boolean>;
  request: FastifyRequest;
  reply: FastifyReply;
}

/** What a handler answers; without `body` the reply is empty, a stream is sent as it comes. */
export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
}
