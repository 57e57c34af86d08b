import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type CallContext, isId, newId, Problem, type Role, tokenIssued, tokenRevoked } from '@reenact/contracts';
import { generateSecret, secretHash } from '@reenact/credentials';
import { Outbox } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { organisationsOf } from '../domain/permission.js';
import type { Caller } from '../http/call.js';
import { type TokenRow, TokenStore } from '../store/token.store.js';

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 90;
const MAX_DAYS = 365;

interface Asking {
  caller: Caller;
  context: CallContext;
}

/** API tokens of people: issued with a subset of the owner's roles, listed, revoked. */
@Injectable()
export class IssueTokenHandler {
  constructor(
    private readonly tokens: TokenStore,
    private readonly work: UnitOfWork,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  async issue(
    asking: Asking,
    wish: { name: string; expiresAt?: string; roles?: Role[] },
  ): Promise<{ token: TokenRow; secret: string }> {
    const { caller } = asking;
    const now = this.clock.now().getTime();
    const expiresAt = new Date(wish.expiresAt ?? now + DEFAULT_DAYS * DAY_MS);
    const refuse = (path: string, message: string) => new Problem('validation_failed', { errors: [{ path, message }] });
    if (expiresAt.getTime() <= now) throw refuse('/expiresAt', 'expiresAt must lie ahead');
    if (expiresAt.getTime() > now + MAX_DAYS * DAY_MS) throw refuse('/expiresAt', `expiresAt must be within ${MAX_DAYS} days`);
    const held = new Set(caller.memberships.map((membership) => membership.role));
    if (wish.roles?.some((role) => !held.has(role))) throw refuse('/roles', 'roles must be roles that you hold');
    // A token made with a token that lacks some of the owner's roles must not gain them.
    const roles = wish.roles ?? (caller.installationAdmin ? undefined : [...held]);

    const id = newId('token');
    const secret = generateSecret('api_token', id, randomBytes(32));
    const token = await this.work.run(async (tx) => {
      const row = await this.tokens.insert(tx, {
        id,
        userId: caller.userId,
        name: wish.name,
        hash: secretHash(secret),
        roles,
        expiresAt,
      });
      const data = { tokenId: id, userId: caller.userId, expiresAt: expiresAt.toISOString() };
      await this.outbox.add(tx, asking.context, [
        { contract: tokenIssued, data, orgId: logOf(caller), aggregate: { id, version: 1 } },
      ]);
      return row;
    });
    return { token, secret };
  }

  list(userId: string, limit: number, before?: string): Promise<TokenRow[]> {
    return this.tokens.list(userId, limit, before);
  }

  async revoke(asking: Asking, id: string): Promise<void> {
    const { caller } = asking;
    await this.work.run(async (tx) => {
      const revoked = isId('token', id) && (await this.tokens.revoke(tx, caller.userId, id));
      if (!revoked) throw new Problem('not_found');
      const data = { tokenId: id, userId: caller.userId };
      const aggregate = { id, version: revoked.version };
      await this.outbox.add(tx, asking.context, [{ contract: tokenRevoked, data, orgId: logOf(caller), aggregate }]);
    });
  }
}

/** The log of the caller's organisation, or the installation's own when that is not one. */
function logOf(caller: Caller): string {
  const organisations = organisationsOf(caller.memberships);
  return organisations.length === 1 ? organisations[0] : '-';
}
