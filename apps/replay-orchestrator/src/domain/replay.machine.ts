import { type MessageDraft, type ReplayState, TERMINAL_STATES, type Withdraw } from '@reenact/contracts';
import { expiryOf } from './expiry.js';
import { rejectionOf } from './rejection.js';
import type { ReplayRecord } from './replay.js';
import { checksPassed, closeChecks, needsApproval, withPendingStart, withStart } from './replay-checks.js';
import { COMMANDS, type CommandName } from './replay-commands.js';
import { enteredEvent, type NoteName, notedEvent } from './replay-events.js';
import type { MessageType, ReplayMessage } from './replay-message.js';

export type GuardName = keyof typeof GUARDS;

/** One row of the saga: what a message does to a replay in one of the states named. The first row that fits counts. */
export interface Transition {
  from: readonly ReplayState[];
  on: MessageType;
  when?: readonly GuardName[];
  /** The states entered, each leaving its event; empty when the state stays. */
  to: readonly ReplayState[];
  commands?: readonly CommandName[];
  /** The event of a change that enters no state. */
  note?: NoteName;
}

const BEFORE_RESERVE = ['requested', 'checking'] as const;

/** The saga. A message without a row changes nothing: a duplicate, or one that comes to a replay that has moved on. */
export const TABLE: readonly Transition[] = [
  { from: ['requested'], on: 'taken_up', when: ['late'], to: ['expired'] },
  { from: ['requested'], on: 'taken_up', to: ['checking'] },

  { from: ['checking'], on: 'checked', when: ['late'], to: ['expired'] },
  { from: ['checking'], on: 'checked', when: ['refused'], to: ['rejected'] },
  { from: ['checking'], on: 'checked', when: ['approvalNeeded'], to: ['reserving'], commands: ['reserve'] },
  { from: ['checking'], on: 'checked', when: ['dryRun'], to: ['dispatching'], commands: ['dry_run'] },
  { from: ['checking'], on: 'checked', when: ['slotFree'], to: ['dispatching'], commands: ['execute'] },
  { from: ['checking'], on: 'checked', to: ['rejected'] },

  { from: ['reserving'], on: 'use_reserved', when: ['late'], to: ['expired'], commands: ['release'] },
  { from: ['reserving'], on: 'use_reserved', when: ['dryRun'], to: ['dispatching'], commands: ['dry_run'] },
  { from: ['reserving'], on: 'use_reserved', when: ['slotFree'], to: ['dispatching'], commands: ['execute'] },
  { from: ['reserving'], on: 'use_reserved', to: ['rejected'], commands: ['release'] },
  { from: ['reserving'], on: 'use_refused', to: ['rejected'] },

  { from: BEFORE_RESERVE, on: 'cancel', to: ['cancelled'] },
  { from: BEFORE_RESERVE, on: 'deadline', to: ['expired'] },
  { from: ['reserving'], on: 'cancel', to: ['cancelled'], commands: ['release'] },
  { from: ['reserving'], on: 'deadline', to: ['expired'], commands: ['release'] },

  // The command is out: only the runner's answer moves the replay or frees the approval.
  {
    from: ['dispatching', 'running'],
    on: 'cancel',
    when: ['notCancelledYet'],
    to: [],
    commands: ['withdraw'],
    note: 'cancel_requested',
  },
  { from: ['dispatching'], on: 'deadline', when: ['notWithdrawnYet'], to: [], commands: ['withdraw'] },

  { from: ['dispatching'], on: 'run_started', to: ['running'] },
  { from: ['dispatching'], on: 'run_refused', to: ['rejected'], commands: ['release'] },
  { from: ['dispatching'], on: 'run_withdrawn', when: ['byStartBy'], to: ['expired'], commands: ['release'] },
  { from: ['dispatching'], on: 'run_withdrawn', to: ['cancelled'], commands: ['release'] },
  // An end that overtook its start.
  { from: ['dispatching'], on: 'run_succeeded', to: ['running', 'succeeded'] },
  { from: ['dispatching'], on: 'run_failed', to: ['running', 'failed'], commands: ['release'] },
  { from: ['dispatching'], on: 'run_cancelled', to: ['running', 'cancelled'] },
  { from: ['dispatching'], on: 'run_indeterminate', to: ['running', 'indeterminate'] },

  { from: ['running'], on: 'run_succeeded', to: ['succeeded'] },
  // A run may fail before its start was decided; a use that was settled stays used.
  { from: ['running'], on: 'run_failed', to: ['failed'], commands: ['release'] },
  { from: ['running'], on: 'run_refused', to: ['failed'], commands: ['release'] },
  { from: ['running'], on: 'run_cancelled', to: ['cancelled'] },
  { from: ['running'], on: 'run_indeterminate', to: ['indeterminate'] },

  // The answer to a reserve that nobody waits for any more.
  { from: TERMINAL_STATES, on: 'use_reserved', to: [], commands: ['release'] },
  { from: ['indeterminate'], on: 'resolve', when: ['unresolved'], to: [], note: 'resolved' },
];

/** Conditions of rows, each over the replay and the message alone. */
export const GUARDS = {
  late: (replay: ReplayRecord, message: ReplayMessage) => Date.parse(message.at) > Date.parse(replay.startBy),
  refused: (_replay: ReplayRecord, message: ReplayMessage) => message.type === 'checked' && message.codes.length > 0,
  approvalNeeded: (_replay: ReplayRecord, message: ReplayMessage) => message.type === 'checked' && needsApproval(message.checks),
  dryRun: (replay: ReplayRecord) => replay.mode === 'dry_run',
  slotFree: (_replay: ReplayRecord, message: ReplayMessage) =>
    (message.type === 'checked' || message.type === 'use_reserved') && message.slotFree,
  byStartBy: (_replay: ReplayRecord, message: ReplayMessage) => message.type === 'run_withdrawn' && message.cause === 'start_by',
  notCancelledYet: (replay: ReplayRecord) => replay.withdrawal !== 'cancel',
  notWithdrawnYet: (replay: ReplayRecord) => replay.withdrawal === undefined,
  unresolved: (replay: ReplayRecord) => replay.resolution === undefined,
} as const;

export interface Step {
  replay: ReplayRecord;
  commands: MessageDraft[];
  events: MessageDraft[];
  /** False when the message had no row. */
  changed: boolean;
}

/** What a message does to a replay. Pure: the same replay and message give the same step. */
export function next(replay: ReplayRecord, message: ReplayMessage, table: readonly Transition[] = TABLE): Step {
  const row = table.find(
    ({ from, on, when = [] }) =>
      on === message.type && from.includes(replay.state) && when.every((name) => GUARDS[name](replay, message)),
  );
  if (!row || !concerns(replay, message)) return { replay, commands: [], events: [], changed: false };
  let current = learn(replay, message);
  const events: MessageDraft[] = [];
  for (const state of row.to) {
    const from = current.state;
    current = enter(current, state, message, row);
    events.push(enteredEvent(current, from, message.at, current.checks !== replay.checks));
  }
  if (row.note) {
    current = { ...current, version: current.version + 1 };
    events.push(notedEvent(current, row.note, noteDetail(message)));
  }
  return { replay: current, commands: (row.commands ?? []).flatMap((name) => COMMANDS[name](current)), events, changed: true };
}

/** An answer about another approval than the one asked for is not this replay's, nor is a run of another mode, whoever commanded it. */
function concerns(replay: ReplayRecord, message: ReplayMessage): boolean {
  const ownApproval = !('approvalId' in message) || message.approvalId === replay.approvalId;
  const ownMode = !('mode' in message) || (message.mode ?? replay.mode) === replay.mode;
  return ownApproval && ownMode;
}

/** What the replay knows now, whatever state it goes to. */
function learn(replay: ReplayRecord, message: ReplayMessage): ReplayRecord {
  switch (message.type) {
    case 'checked': {
      const { checks, codes, dispatch } = message;
      if (codes.length === 0 && !(checksPassed(checks) && dispatch))
        throw new Error(`checks of ${replay.id} are neither passed nor refused`);
      return {
        ...replay,
        checks,
        ...(dispatch && { dispatch, versionId: dispatch.runVersionId }),
        ...(dispatch?.planDigest !== undefined && { planDigest: dispatch.planDigest }),
      };
    }
    case 'cancel': {
      const { at, by, reason } = message;
      const cancellation = { ...(by && { requestedBy: by }), ...(reason !== undefined && { reason }), at };
      return { ...replay, cancellation, ...withdrawal(replay, 'cancel') };
    }
    case 'deadline':
      return { ...replay, ...withdrawal(replay, 'start_by') };
    case 'run_succeeded':
      return { ...replay, attempt: message.attempt, ...(message.planDigest !== undefined && { planDigest: message.planDigest }) };
    case 'run_failed':
    case 'run_indeterminate': {
      const { attempt, codes, detail } = message;
      return { ...replay, attempt, failure: { codes, ...(detail !== undefined && { detail }) } };
    }
    case 'run_cancelled': {
      const { attempt, detail, at } = message;
      return { ...replay, attempt, ...(detail !== undefined && { cancellation: { at, ...replay.cancellation, detail } }) };
    }
    case 'resolve':
      return { ...replay, resolution: message.resolution };
    default:
      return 'attempt' in message ? { ...replay, attempt: message.attempt } : replay;
  }
}

function withdrawal(replay: ReplayRecord, reason: Withdraw['reason']): Pick<ReplayRecord, 'withdrawal'> | undefined {
  return replay.state === 'dispatching' || replay.state === 'running' ? { withdrawal: reason } : undefined;
}

function enter(replay: ReplayRecord, state: ReplayState, message: ReplayMessage, row: Transition): ReplayRecord {
  const moved: ReplayRecord = { ...replay, state, version: replay.version + 1 };
  if (state === 'dispatching') {
    return { ...moved, checks: withPendingStart(replay.checks), holdsSlot: row.commands?.includes('execute') ?? false };
  }
  if (state === 'running') {
    const checks = withStart(replay.checks, { outcome: 'passed', evidence: { attempt: replay.attempt }, at: message.at });
    return { ...moved, checks, startedAt: message.at };
  }
  if (!TERMINAL_STATES.includes(state)) return moved;
  const ended: ReplayRecord = { ...moved, holdsSlot: false, endedAt: message.at };
  if (state === 'rejected') return reject(ended, message);
  const held = message.type === 'run_withdrawn' ? message.held : undefined;
  return { ...ended, checks: settleChecks(replay), ...(state === 'expired' && { expiry: expiryOf(replay.state, held) }) };
}

/** The list itself when nothing was open, so that the event says checks only where they changed. */
function settleChecks({ checks }: ReplayRecord): ReplayRecord['checks'] {
  return checks.some(({ outcome }) => outcome === 'pending') ? closeChecks(checks) : checks;
}

function reject(replay: ReplayRecord, message: ReplayMessage): ReplayRecord {
  const at = message.at;
  switch (message.type) {
    case 'use_refused': {
      const checks = replay.checks.map((check) =>
        check.name === 'approval' ? { ...check, outcome: 'failed' as const, code: message.code, at } : check,
      );
      return { ...replay, checks, rejection: rejectionOf([message.code]) };
    }
    case 'run_refused': {
      const checks = withStart(replay.checks, {
        outcome: 'failed',
        code: message.codes[0],
        evidence: { codes: message.codes },
        at,
      });
      return { ...replay, checks, rejection: rejectionOf(message.codes, message.detail) };
    }
    case 'checked':
      if (message.codes.length > 0) return { ...replay, rejection: rejectionOf(message.codes, undefined, message.checks) };
      break;
  }
  const busy = {
    outcome: 'failed' as const,
    code: 'environment_busy' as const,
    evidence: {
      environmentId: replay.environmentId,
      ...('slotsTaken' in message && { slotsTaken: message.slotsTaken }),
      maxConcurrentExecutes: replay.dispatch?.slots,
    },
    at,
  };
  return { ...replay, checks: withStart(withPendingStart(replay.checks), busy), rejection: rejectionOf(['environment_busy']) };
}

function noteDetail(message: ReplayMessage): { reason?: string; outcome?: string } {
  if (message.type === 'resolve') return { reason: message.resolution.reason, outcome: message.resolution.outcome };
  return message.type === 'cancel' ? { reason: message.reason } : {};
}
