import { networkInterfaces } from 'node:os';
import { Inject, Injectable } from '@nestjs/common';
import type { Target } from '@reenact/contracts';
import { ownRanges, parseRanges } from '../domain/address-rules.js';
import { ANSWER_TIMEOUT_MS, type ExecutePoolConfig, RUNNER_CONFIG } from '../runner.config.js';
import { type Channel, Egress } from './egress.js';
import { type ChannelOptions, HttpChannel } from './http-channel.js';
import { NatsChannel } from './nats-channel.js';

/** Opens channels under the rules of the server's configuration. */
@Injectable()
export class LiveEgress extends Egress {
  private readonly options: ChannelOptions;

  constructor(@Inject(RUNNER_CONFIG) config: ExecutePoolConfig) {
    super();
    this.options = {
      allowed: parseRanges(config.egressAllow ?? ''),
      own: parseRanges(config.egressDeny ?? ''),
      ...(config.targetSecretsDirectory !== undefined && { secretsDirectory: config.targetSecretsDirectory }),
      answerTimeoutMs: config.answerTimeoutMs ?? ANSWER_TIMEOUT_MS,
    };
  }

  open(target: Target): Channel {
    const { answerTimeoutMs } = this.options;
    // What a crash leaves is judged after the pool's own patience: no target is given more.
    const own = [...(this.options.own ?? []), ...ownRanges(networkInterfaces())];
    const options = {
      ...this.options,
      own,
      answerTimeoutMs: Math.min(answerTimeoutMs, target.limits?.timeoutMs ?? answerTimeoutMs),
    };
    return target.kind === 'nats' ? new NatsChannel(target, options) : new HttpChannel(target, options);
  }
}
