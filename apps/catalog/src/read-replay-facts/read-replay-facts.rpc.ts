import { Controller } from '@nestjs/common';
import { ReadReplayFacts, readReplayFacts, type ReplayFacts } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { ReadReplayFactsHandler } from './read-replay-facts.handler.js';

@Controller()
export class ReadReplayFactsRpc {
  constructor(private readonly handler: ReadReplayFactsHandler) {}

  @Rpc(readReplayFacts)
  read(request: ReadReplayFacts): Promise<ReplayFacts> {
    return this.handler.execute(request);
  }
}
