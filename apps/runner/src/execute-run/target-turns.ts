import { Injectable } from '@nestjs/common';
import type { Target } from '@reenact/contracts';
import { TargetLane } from '../domain/target-lane.js';

interface Queue {
  lane: TargetLane;
  /** Those who wait, in the order in which they came. */
  waiting: Set<() => void>;
}

const MOST_IDLE = 1_000;

/** Turns at targets that bear only so much, over all runs of this process. */
@Injectable()
export class TargetTurns {
  private readonly queues = new Map<string, Queue>();

  /** False when there was no turn within the time. Throws the signal's reason when it aborts meanwhile. */
  async take(target: Target, withinMs: number, signal: AbortSignal): Promise<boolean> {
    if (!target.limits) return true;
    const { lane, waiting } = this.queueOf(target);
    const end = performance.now() + withinMs;
    for (;;) {
      const now = performance.now();
      const wait = lane.take(now);
      if (wait === 0) return true;
      if (now >= end) return false;
      await called(waiting, Math.min(wait, end - now), signal);
      signal.throwIfAborted();
    }
  }

  /** Gives a turn back that was taken. */
  end(target: Target): void {
    if (!target.limits) return;
    const { lane, waiting } = this.queueOf(target);
    lane.end();
    const [first] = waiting;
    first?.();
  }

  private queueOf({ id, revision, limits = {} }: Target): Queue {
    const key = `${id} ${revision}`;
    const known = this.queues.get(key);
    if (known) return known;
    if (this.queues.size >= MOST_IDLE) this.forgetIdle();
    const queue = { lane: new TargetLane(limits), waiting: new Set<() => void>() };
    this.queues.set(key, queue);
    return queue;
  }

  private forgetIdle(): void {
    const now = performance.now();
    for (const [key, { lane, waiting }] of this.queues) if (waiting.size === 0 && lane.isIdle(now)) this.queues.delete(key);
  }
}

/** Resolves when it is called, when the time is over, or when the signal aborts. */
function called(waiting: Set<() => void>, withinMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const call = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', call);
      waiting.delete(call);
      resolve();
    };
    const timer = setTimeout(call, withinMs);
    signal.addEventListener('abort', call);
    waiting.add(call);
  });
}
