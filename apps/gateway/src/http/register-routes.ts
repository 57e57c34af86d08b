import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type Actor, type CallContext, canonicalSha256, Problem, type ResourceScope } from '@reenact/contracts';
import { RpcClient } from '@reenact/messaging';
import { callContext, idempotencyKeyOf, sendProblem, toProblem } from '@reenact/service-kit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AuthenticateCallerHandler } from '../authenticate-caller/authenticate-caller.handler.js';
import { ReadAccess } from '../authenticate-caller/read-access.js';
import { RecordDenials } from '../record-denials/record-denials.js';
import { RouteTable } from '../routes/route-table.js';
import type { Call, Caller } from './call.js';
import { allow, findPlace, NOWHERE } from './find-place.js';
import { readQuery } from './read-query.js';
import type { Route } from './route.js';

const DENIALS = new Set<string>(['not_found', 'forbidden', 'organisation_required']);
const NOBODY: Caller = { userId: '', name: '', tokenId: '', installationAdmin: false, memberships: [] };

interface Entered {
  caller: Caller;
  scope: ResourceScope;
  context: CallContext;
}

/** Puts the route table on the HTTP server. Who and where is settled before the body is read, so that 401, 404 and 403 come first. */
@Injectable()
export class RegisterRoutes implements OnModuleInit {
  private readonly entered = new WeakMap<FastifyRequest, Entered>();

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly table: RouteTable,
    private readonly authenticator: AuthenticateCallerHandler,
    private readonly access: ReadAccess,
    private readonly rpc: RpcClient,
    private readonly denials: RecordDenials,
  ) {}

  onModuleInit(): void {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    for (const route of this.table.routes) {
      fastify.route({
        method: route.method,
        url: `/api/v1/${route.path}`,
        onRequest: (request) => this.enter(route, request),
        handler: (request, reply) => this.answer(route, request, reply),
        errorHandler: (error, request, reply) => this.refuse(route, error, request, reply),
      });
    }
  }

  private refuse(route: Route, error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const problem = toProblem(error);
    if (problem.status === 401 || problem.status === 403) {
      const caller = this.entered.get(request)?.caller ?? NOBODY;
      this.denials.note(caller, `${route.method} /api/v1/${route.path}`, problem, resourceOf(request));
    }
    sendProblem(problem, request, reply);
  }

  private async enter(route: Route, request: FastifyRequest): Promise<void> {
    const { place } = route;
    const anonymous = callContext(request, actorOf(NOBODY));
    this.entered.set(request, { caller: NOBODY, scope: NOWHERE, context: anonymous });
    if (place.kind === 'public') return;
    const caller = await this.authenticator.authenticate(request.headers.authorization, anonymous);
    const context = { ...anonymous, actor: actorOf(caller) };
    this.entered.set(request, { caller, scope: NOWHERE, context });
    const params = request.params as Record<string, string>;
    const { orgId } = request.query as Record<string, unknown>;
    const find = (who: Caller) => findPlace({ place, caller: who, params, orgId, context }, this.access, this.rpc);
    const found = await this.judge(caller, context, find);
    this.entered.set(request, { caller: found.caller, scope: found.value, context });
  }

  /** A judgement against somebody is made again with their roles of now. */
  private async judge<T>(
    caller: Caller,
    context: CallContext,
    judgement: (caller: Caller) => Promise<T>,
  ): Promise<{ caller: Caller; value: T }> {
    try {
      return { caller, value: await judgement(caller) };
    } catch (error) {
      if (!(error instanceof Problem) || !DENIALS.has(error.code)) throw error;
      const fresh = await this.authenticator.withRoles(caller, context, { remembered: false });
      return { caller: fresh, value: await judgement(fresh) };
    }
  }

  private async answer(route: Route, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const { status = route.status, headers = {}, body } = await route.handle(this.call(route, request, reply));
    return reply.status(status).headers(headers).send(body);
  }

  private call(route: Route, request: FastifyRequest, reply: FastifyReply): Call {
    const { caller, scope, context } = this.entered.get(request) as Entered;
    return {
      caller,
      context,
      scope,
      params: request.params as Record<string, string>,
      query: readQuery(route.query, request.query as Record<string, unknown>),
      body: () => bodyOf(request),
      ifMatch: () => revisionOf(request.headers['if-match']),
      idempotency: () => idempotencyOf(route, request, caller),
      ask: (contract, body) => this.rpc.call(contract, body, context),
      require: async (field, id, need) => {
        const wrong = (message: string) =>
          new Problem('validation_failed', { errors: [{ path: `/${field}`, message: `${field} ${message}` }] });
        if (typeof id !== 'string') throw wrong('is required');
        const found = await this.access.locate(id, context);
        const unknown = () => wrong('names nothing you may see');
        if (!found) throw unknown();
        try {
          return (await this.judge(caller, context, async (who) => allow(who, found, need))).value;
        } catch (error) {
          throw error instanceof Problem && error.code === 'not_found' ? unknown() : error;
        }
      },
      allow: (need) => void allow(caller, scope, need),
      may: async (need) => {
        try {
          await this.judge(caller, context, async (who) => allow(who, scope, need));
          return true;
        } catch (error) {
          if (error instanceof Problem && error.code === 'forbidden') return false;
          throw error;
        }
      },
      request,
      reply,
    };
  }
}

function actorOf(caller: Caller): Actor {
  return { kind: 'user', id: caller.userId || 'anonymous', ...(caller.name && { name: caller.name }) };
}

function bodyOf(request: FastifyRequest): Record<string, unknown> {
  const { body } = request;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new Problem('validation_failed', { errors: [{ path: '', message: 'must be a JSON object' }] });
  }
  return body as Record<string, unknown>;
}

function revisionOf(header: string | undefined): number {
  if (header === undefined) throw new Problem('precondition_required', { remedy: 'Send If-Match with the ETag that you read' });
  const match = /^"(\d{1,15})"$/.exec(header);
  if (!match) {
    const remedy = 'Send If-Match: "<revision>" with its quotes, as ETag has it';
    throw new Problem('precondition_failed', { detail: 'If-Match is not an ETag of this resource', remedy });
  }
  return Number(match[1]);
}

function idempotencyOf(route: Route, request: FastifyRequest, caller: Caller): ReturnType<Call['idempotency']> {
  const key = idempotencyKeyOf(request);
  if (key === undefined) return undefined;
  const requestHash = canonicalSha256({ params: request.params ?? {}, body: request.body ?? null });
  return { caller: caller.userId, route: `${route.method} ${route.path}`, key, requestHash };
}

/** The id that the path names, for the record of a denial. */
function resourceOf(request: FastifyRequest): string | undefined {
  const params = Object.values((request.params as Record<string, string> | undefined) ?? {});
  return params[0]?.slice(0, 64);
}
