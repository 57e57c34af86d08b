import { Injectable } from '@nestjs/common';
import { type Transaction, UnitOfWork } from '@reenact/persistence';
import type { BootstrapUser } from '../gateway.config.js';

@Injectable()
export class UserStore {
  constructor(private readonly work: UnitOfWork) {}

  /** Makes the user and the token that configuration states, or brings them up to date. */
  async upsert(tx: Transaction, user: BootstrapUser, token: { id: string; hash: string }): Promise<void> {
    await tx.query(
      `insert into gateway.app_user (id, name, email, installation_admin) values ($1, $2, $3, $4)
       on conflict (id) do update set name = $2, email = $3, installation_admin = $4`,
      [user.id, user.name, user.email, user.installationAdmin],
    );
    await tx.query(
      `insert into gateway.token (id, user_id, name, hash) values ($1, $2, 'configuration', $3)
       on conflict (id) do update set hash = $3`,
      [token.id, user.id, token.hash],
    );
  }

  async exists(userId: string): Promise<boolean> {
    const rows = await this.work.query('select 1 from gateway.app_user where id = $1', [userId]);
    return rows.length > 0;
  }
}
