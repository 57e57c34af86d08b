import type { Actor, Check, RejectionCode, ReplayMode, Withdraw } from '@reenact/contracts';
import type { Dispatch, Resolution } from './replay.js';

/** What every fact of a run says. */
interface OfRun {
  at: string;
  attempt: number;
  /** Of the run; absent in journals of before it was kept there. */
  mode?: ReplayMode;
}

/** What the environment's slots are, read under its lock. */
interface OfSlots {
  slotFree: boolean;
  /** How many are taken; absent where nothing was to be taken. */
  slotsTaken?: number;
}

/** What happens to a replay. `at` is the only clock the saga has. */
export type ReplayMessage =
  | { type: 'taken_up'; at: string }
  | ({
      type: 'checked';
      at: string;
      checks: Check[];
      /** Why it cannot go on; empty when every check passed or was not needed. */
      codes: RejectionCode[];
      dispatch?: Dispatch;
    } & OfSlots)
  | ({ type: 'use_reserved'; at: string; approvalId: string } & OfSlots)
  | { type: 'use_refused'; at: string; approvalId: string; code: RejectionCode }
  | ({ type: 'run_started' } & OfRun)
  | ({ type: 'run_refused'; codes: RejectionCode[]; detail?: string } & OfRun)
  | ({ type: 'run_withdrawn'; cause: Withdraw['reason']; held?: string } & OfRun)
  | ({ type: 'run_succeeded'; planDigest?: string } & OfRun)
  | ({ type: 'run_failed'; codes: string[]; detail?: string } & OfRun)
  | ({ type: 'run_cancelled'; detail?: string } & OfRun)
  | ({ type: 'run_indeterminate'; codes: string[]; detail?: string } & OfRun)
  | { type: 'cancel'; at: string; reason?: string; by?: Actor }
  | { type: 'deadline'; at: string }
  | { type: 'resolve'; at: string; resolution: Resolution };

export type MessageType = ReplayMessage['type'];
export type MessageOf<T extends MessageType> = Extract<ReplayMessage, { type: T }>;
