import type { Check, RejectionCode, Withdraw } from '@reenact/contracts';
import type { Dispatch, Resolution } from './replay.js';

/** What happens to a replay. `at` is the only clock the saga has. */
export type ReplayMessage =
  | { type: 'taken_up'; at: string }
  | {
      type: 'checked';
      at: string;
      checks: Check[];
      /** Why it cannot go on; empty when every check passed or was not needed. */
      codes: RejectionCode[];
      dispatch?: Dispatch;
      /** Whether the environment has an execute slot left, read under its lock. */
      slotFree: boolean;
    }
  | { type: 'use_reserved'; at: string; approvalId: string; slotFree: boolean }
  | { type: 'use_refused'; at: string; approvalId: string; code: RejectionCode }
  | { type: 'run_started'; at: string; attempt: number }
  | { type: 'run_refused'; at: string; attempt: number; codes: RejectionCode[]; detail?: string }
  | { type: 'run_withdrawn'; at: string; attempt: number; cause: Withdraw['reason'] }
  | { type: 'run_succeeded'; at: string; attempt: number; planDigest?: string }
  | { type: 'run_failed'; at: string; attempt: number; codes: string[]; detail?: string }
  | { type: 'run_cancelled'; at: string; attempt: number }
  | { type: 'run_indeterminate'; at: string; attempt: number; codes: string[]; detail?: string }
  | { type: 'cancel'; at: string; reason?: string }
  | { type: 'deadline'; at: string }
  | { type: 'resolve'; at: string; resolution: Resolution };

export type MessageType = ReplayMessage['type'];
export type MessageOf<T extends MessageType> = Extract<ReplayMessage, { type: T }>;
