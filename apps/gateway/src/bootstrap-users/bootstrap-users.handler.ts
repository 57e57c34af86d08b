import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { parseSecret, secretHash } from '@reenact/credentials';
import { UnitOfWork } from '@reenact/persistence';
import { CONFIG } from '../gateway.tokens.js';
import type { GatewayConfig } from '../gateway.config.js';
import { UserStore } from '../store/user.store.js';

/** The first people of an installation come from its configuration: without them nobody could call anything. */
@Injectable()
export class BootstrapUsersHandler implements OnApplicationBootstrap {
  constructor(
    @Inject(CONFIG) private readonly config: GatewayConfig,
    private readonly work: UnitOfWork,
    private readonly users: UserStore,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.work.run(async (tx) => {
      for (const user of this.config.bootstrapUsers) {
        const secret = parseSecret(user.token);
        if (secret?.kind !== 'api_token') throw new Error(`the token configured for ${user.email} is not an API token`);
        await this.users.upsert(tx, user, { id: secret.id, hash: secretHash(user.token) });
      }
    });
  }
}
