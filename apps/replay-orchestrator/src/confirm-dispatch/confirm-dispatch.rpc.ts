import { Controller } from '@nestjs/common';
import { type ConfirmDispatch, canonicalSha256, confirmDispatch, scopeDigest } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { executeData } from '../domain/replay-commands.js';
import { ReplayStore } from '../store/replay.store.js';

@Controller()
export class ConfirmDispatchRpc {
  constructor(
    private readonly work: UnitOfWork,
    private readonly replays: ReplayStore,
  ) {}

  /** Asked before the start and again at a take-over, so a replay that runs still stands by its command. */
  @Rpc(confirmDispatch)
  async confirm({ replayId, commandDigest, scopeDigest: place }: ConfirmDispatch): Promise<{ confirmed: boolean }> {
    const replay = (await this.replays.read(this.work, replayId))?.record;
    if (replay?.mode !== 'execute' || (replay.state !== 'dispatching' && replay.state !== 'running')) return { confirmed: false };
    const elsewhere = place !== undefined && place !== scopeDigest(replay);
    return { confirmed: !elsewhere && canonicalSha256(executeData(replay)) === commandDigest };
  }
}
