import type { Target } from '@reenact/contracts';
import type { PlanAction } from '@reenact/pipeline';
import type { Attempted } from '../domain/judge-answer.js';

/** One action on its way out. */
export interface Sending {
  action: PlanAction;
  payload: Buffer;
  /** Nothing leaves after this moment of the monotonic clock (`performance.now()`). */
  sendBy: number;
}

/** The way to one target. Never throws for what a target or a network does. */
export interface Channel {
  send(sending: Sending): Promise<Attempted>;
  close(): Promise<void>;
}

/** The one way out of the execute pool. */
export abstract class Egress {
  abstract open(target: Target): Channel;
}
