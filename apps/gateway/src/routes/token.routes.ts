import { Injectable } from '@nestjs/common';
import { Int, isId, type Role, ROLES, Text, Time, OneOf, validate } from '@reenact/contracts';
import { person } from '../domain/route.js';
import type { Call } from '../http/call.js';
import { invalid } from '../http/read-query.js';
import { type Route, route } from '../http/route.js';
import { IssueTokenHandler } from '../issue-token/issue-token.handler.js';
import type { TokenRow } from '../store/token.store.js';

export class TokenBody {
  @Text({ min: 1, max: 100 }) name: string;
  /** Default: ninety days from now. */
  @Time({ optional: true }) expiresAt?: string;
  /** A subset of the owner's roles; absent: all of them. */
  @OneOf(ROLES, { array: true, optional: true }) roles?: Role[];
}

class TokenQuery {
  @Int({ min: 1, max: 200, optional: true }) limit?: number;
  @Text({ max: 64, optional: true }) cursor?: string;
}

const shown = (token: TokenRow) => ({
  id: token.id,
  name: token.name,
  ...(token.roles && { roles: token.roles }),
  createdAt: token.createdAt,
  ...(token.expiresAt && { expiresAt: token.expiresAt }),
  ...(token.revokedAt && { revokedAt: token.revokedAt }),
});

@Injectable()
export class TokenRoutes {
  readonly routes: Route[] = [
    route({
      method: 'GET',
      path: 'me',
      summary: 'Who the credential stands for, and the roles it gives',
      place: person,
      handle: async ({ caller }) => ({
        body: {
          id: caller.userId,
          name: caller.name,
          installationAdmin: caller.installationAdmin,
          memberships: caller.memberships,
        },
      }),
    }),
    route({
      method: 'POST',
      path: 'tokens',
      summary: 'Issue an API token; its secret is shown once',
      place: person,
      bodyType: TokenBody,
      status: 201,
      handle: async (call) => {
        const { token, secret } = await this.tokens.issue(call, validate(TokenBody, call.body(), { unknownFields: 'refuse' }));
        return { body: { ...shown(token), token: secret } };
      },
    }),
    route({
      method: 'GET',
      path: 'tokens',
      summary: "The caller's API tokens, without their secrets",
      place: person,
      queryType: TokenQuery,
      handle: async (call) => ({ body: await this.list(call) }),
    }),
    route({
      method: 'DELETE',
      path: 'tokens/:tokenId',
      summary: 'Revoke an API token',
      place: person,
      status: 204,
      handle: async (call) => {
        await this.tokens.revoke(call, call.params.tokenId);
        return {};
      },
    }),
  ];

  constructor(private readonly tokens: IssueTokenHandler) {}

  private async list(call: Call) {
    const { limit = 50, cursor } = call.query as TokenQuery;
    if (limit < 1 || limit > 200) throw invalid('limit', 'must be from 1 to 200');
    if (cursor !== undefined && !isId('token', cursor)) throw invalid('cursor', 'is not one that a list gave');
    const rows = await this.tokens.list(call.caller.userId, limit + 1, cursor);
    const items = rows.slice(0, limit);
    return { items: items.map(shown), nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
  }
}
