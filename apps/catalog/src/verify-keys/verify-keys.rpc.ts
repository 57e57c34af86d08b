import { Controller } from '@nestjs/common';
import { type VerifiedKey, VerifyKeys, verifyKeys } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { KeyStore } from '../store/key.store.js';

@Controller()
export class VerifyKeysRpc {
  constructor(
    private readonly work: UnitOfWork,
    private readonly keys: KeyStore,
    private readonly clock: Clock,
  ) {}

  @Rpc(verifyKeys)
  async verify({ keyHashes }: VerifyKeys): Promise<{ keys: VerifiedKey[] }> {
    return { keys: await this.keys.verify(this.work, keyHashes, this.clock.now()) };
  }
}
