import { Injectable } from '@nestjs/common';
import type { Role } from '@reenact/contracts';
import { type Transaction, UnitOfWork } from '@reenact/persistence';

export interface TokenRow {
  id: string;
  userId: string;
  name: string;
  roles: Role[] | null;
  createdAt: Date;
  expiresAt: Date | null;
  revokedAt: Date | null;
  lastUsedAt: Date | null;
}

export interface TokenOwner extends TokenRow {
  userName: string;
  email: string;
  installationAdmin: boolean;
}

const COLUMNS = `t.id, t.user_id as "userId", t.name, t.roles, t.created_at as "createdAt", t.expires_at as "expiresAt",
  t.revoked_at as "revokedAt", t.last_used_at as "lastUsedAt"`;

@Injectable()
export class TokenStore {
  constructor(private readonly work: UnitOfWork) {}

  async findByHash(hash: string): Promise<TokenOwner | undefined> {
    const [row] = await this.work.query<TokenOwner>(
      `select ${COLUMNS}, u.name as "userName", u.email, u.installation_admin as "installationAdmin"
       from gateway.token t join gateway.app_user u on u.id = t.user_id where t.hash = $1`,
      [hash],
    );
    return row;
  }

  async insert(
    tx: Transaction,
    token: { id: string; userId: string; name: string; hash: string; roles?: Role[]; expiresAt?: Date },
  ): Promise<TokenRow> {
    const [row] = await tx.query<TokenRow>(
      `insert into gateway.token as t (id, user_id, name, hash, roles, expires_at) values ($1, $2, $3, $4, $5, $6) returning ${COLUMNS}`,
      [token.id, token.userId, token.name, token.hash, token.roles ?? null, token.expiresAt ?? null],
    );
    return row;
  }

  /** Newest first, from before a token's id. */
  list(userId: string, limit: number, before?: string): Promise<TokenRow[]> {
    return this.work.query<TokenRow>(
      `select ${COLUMNS} from gateway.token t where t.user_id = $1 and ($2::text is null or t.id < $2) order by t.id desc limit $3`,
      [userId, before ?? null, limit],
    );
  }

  /** Undefined when the person has no such live token. */
  async revoke(tx: Transaction, userId: string, id: string): Promise<{ version: number } | undefined> {
    const [row] = await tx.query<{ version: number }>(
      `update gateway.token set revoked_at = now(), version = version + 1
       where id = $1 and user_id = $2 and revoked_at is null returning version`,
      [id, userId],
    );
    return row;
  }
}
