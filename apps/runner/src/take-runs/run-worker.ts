import type { ReplayMode } from '@reenact/contracts';
import type { RunLease } from '../store/run-lease.js';
import type { Pulse } from './pulse.js';

/** What a pool does with the runs that it takes. */
export abstract class RunWorker {
  abstract readonly mode: ReplayMode;
  /** Brings the run to its end, or throws: then it is given back and taken again. */
  abstract perform(lease: RunLease, pulse: Pulse): Promise<void>;
  /** Ends a run that was taken too often. */
  abstract giveUp(lease: RunLease): Promise<void>;
}
