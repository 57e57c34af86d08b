import { Injectable } from '@nestjs/common';
import { type CallContext, canonicalJson, type RpcContract } from '@reenact/contracts';
import { RpcClient } from '@reenact/messaging';

interface Slot {
  running: Promise<unknown>;
  next?: Promise<unknown>;
}

/**
 * Reads that many runs ask for at once, asked once: who asks while such a call is under way shares the next one with all others who do.
 * Each gets an answer that was asked for after it asked, so nobody sees anything older than by asking alone.
 */
@Injectable()
export class SharedCalls {
  private readonly slots = new Map<string, Slot>();

  constructor(private readonly rpc: RpcClient) {}

  ask<Q extends object, A>(contract: RpcContract<Q, A>, request: Q, context: CallContext): Promise<A> {
    const key = `${contract.subject} ${canonicalJson(request)}`;
    const call = () => this.begin(key, () => this.rpc.call(contract, request, context));
    const slot = this.slots.get(key);
    if (!slot) return call();
    slot.next ??= slot.running.then(call, call);
    return slot.next as Promise<A>;
  }

  private begin<A>(key: string, call: () => Promise<A>): Promise<A> {
    const running = call();
    const slot: Slot = { running };
    this.slots.set(key, slot);
    const end = () => {
      if (!slot.next) this.slots.delete(key);
    };
    running.then(end, end);
    return running;
  }
}
