import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { agentDisabled, agentEnabled, environmentArchived, keyRevoked } from '@reenact/contracts';
import { NATS, type NatsConnection } from '@reenact/messaging';
import { type KeyOwner, KeyVerifier } from './key-verifier.js';

/** Whose keys each event changes. */
const OWNERS: Record<string, (data: Record<string, string>) => KeyOwner> = {
  [keyRevoked.type]: ({ keyId }) => ({ keyId }),
  [agentDisabled.type]: ({ agentId }) => ({ agentId }),
  [agentEnabled.type]: ({ agentId }) => ({ agentId }),
  [environmentArchived.type]: ({ id }) => ({ environmentId: id }),
};

/**
 * Hears in every replica at once what changes keys. A plain subscription, since a durable consumer would tell one replica only; what
 * it misses is covered by the verifier, whose answers last a second.
 */
@Injectable()
export class HearRevocations implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stops: (() => void)[] = [];

  constructor(
    @Inject(NATS) private readonly nc: NatsConnection,
    private readonly keys: KeyVerifier,
  ) {}

  onApplicationBootstrap(): void {
    for (const [type, ownerOf] of Object.entries(OWNERS)) {
      const subscription = this.nc.subscribe(`${type}.*`, {
        callback: (error, message) => {
          if (error) return;
          const owner = readOwner(message, ownerOf);
          if (owner) this.keys.forget(owner);
        },
      });
      this.stops.push(() => subscription.unsubscribe());
    }
  }

  onModuleDestroy(): void {
    for (const stop of this.stops) stop();
  }
}

/** Undefined: it cannot be read, so it says nothing here; whoever consumes the event for good deals with that. */
function readOwner(message: { json(): unknown }, ownerOf: (data: Record<string, string>) => KeyOwner): KeyOwner | undefined {
  try {
    return ownerOf(message.json() as Record<string, string>);
  } catch {
    return undefined;
  }
}
