import { Controller } from '@nestjs/common';
import { RecordKeyUses, recordKeyUses } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { KeyStore } from '../store/key.store.js';

@Controller()
export class RecordKeyUsesRpc {
  constructor(
    private readonly work: UnitOfWork,
    private readonly keys: KeyStore,
  ) {}

  @Rpc(recordKeyUses)
  async record({ uses }: RecordKeyUses): Promise<{ recorded: number }> {
    return { recorded: await this.work.run((tx) => this.keys.recordUses(tx, uses)) };
  }
}
