import { Injectable } from '@nestjs/common';
import { type CallContext, Problem } from '@reenact/contracts';
import { parseSecret, secretFamily, secretHash } from '@reenact/credentials';
import { Clock } from '@reenact/service-kit';
import type { Caller } from '../http/call.js';
import { TokenStore } from '../store/token.store.js';
import { ReadAccess } from './read-access.js';

/** Who an `Authorization` header stands for. */
@Injectable()
export class AuthenticateCallerHandler {
  constructor(
    private readonly tokens: TokenStore,
    private readonly access: ReadAccess,
    private readonly clock: Clock,
  ) {}

  /** Throws the 401 that says what is wrong with the credential. */
  async authenticate(authorization: string | undefined, context: CallContext): Promise<Caller> {
    const text = bearer(authorization);
    const family = secretFamily(text);
    if (family !== undefined && family !== 'api_token') {
      throw new Problem('credential_kind_mismatch', { remedy: 'Use an API token (rnt_pat_...) here' });
    }
    if (!parseSecret(text)) throw new Problem('credential_invalid');
    // Looked up by digest: the comparison of the index says nothing of the secret itself.
    const token = await this.tokens.findByHash(secretHash(text));
    if (!token) throw new Problem('credential_invalid');
    if (token.revokedAt) throw new Problem('credential_revoked');
    if (token.expiresAt && token.expiresAt <= this.clock.now()) throw new Problem('credential_expired');
    const actor = { kind: 'user', id: token.userId, name: token.userName } as const;
    const { roles } = token;
    const caller: Caller = {
      userId: token.userId,
      name: token.userName,
      tokenId: token.id,
      installationAdmin: token.installationAdmin && roles === null,
      ...(roles && { roles }),
      memberships: [],
    };
    return this.withRoles(caller, { ...context, actor }, { remembered: true });
  }

  /** The caller with the roles of now that the token lets through. */
  async withRoles(caller: Caller, context: CallContext, options: { remembered: boolean }): Promise<Caller> {
    const memberships = await this.access.memberships(caller.userId, context, options);
    const { roles } = caller;
    return { ...caller, memberships: roles ? memberships.filter((membership) => roles.includes(membership.role)) : memberships };
  }
}

function bearer(authorization: string | undefined): string {
  if (!authorization) throw new Problem('credential_missing', { remedy: 'Send Authorization: Bearer <token>' });
  const match = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(authorization);
  if (!match) throw new Problem('credential_invalid', { remedy: 'Send Authorization: Bearer <token>' });
  return match[1];
}
