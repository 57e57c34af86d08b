import {
  judgeWithdraw,
  type ReplayMode,
  RUN_TRANSITIONS,
  type RunState,
  type RunTrigger,
  type Withdraw,
} from '@reenact/contracts';

/** A row of the runner, as far as it matters to a replay. Its transitions are those of the runner's own table. */
export interface RunModel {
  mode: ReplayMode;
  state: RunState;
  /** Claims of what this row is now, no further than the second: from then on it may be one too many. */
  claims: number;
  noted?: Withdraw['reason'];
  /** The command came from nobody who is entitled to. */
  forged: boolean;
  unconfirmed: boolean;
  /** The true command came beside a forged one, and is kept. */
  rival: boolean;
}

/** What a run can see around it. */
export interface RunSurroundings {
  late: boolean;
  /** Whether the saga stands by an execute of this replay. */
  confirmed: boolean;
  /** What asking for the approval's use answers now. */
  settle: 'not_needed' | 'settled' | 'settles' | 'refused';
}

export interface RunMove {
  run: RunModel;
  /** `run_started:execute` and so on; unconfirmed commands are told to nobody whom the saga hears. */
  fact?: string;
  settles?: true;
  certain: boolean;
}

const factOf = (fact: string | undefined, { mode, noted }: RunModel): string | undefined => {
  if (fact === undefined || fact === 'unconfirmed') return undefined;
  return fact === 'withdrawn' ? `run_withdrawn:${mode}:${noted}` : `run_${fact}:${mode}`;
};

/** The row that a command leaves: a second command is done only where nobody stood by the first. */
export function acceptCommand(row: RunModel | undefined, mode: ReplayMode, forged: boolean): RunModel {
  const fresh: RunModel = { mode, state: 'queued', claims: 0, forged, unconfirmed: false, rival: false };
  if (!row || (row.unconfirmed && row.forged !== forged)) return fresh;
  const looked = row.state === 'queued' || row.state === 'verifying';
  return mode === 'execute' && looked && row.forged && !forged ? { ...row, rival: true } : row;
}

/** The row that a withdraw leaves, and the fact when it ended the run. `early` is the mode of one that comes before its command. */
export function withdrawRun(
  row: RunModel | undefined,
  { reason, mode: asked }: { reason: Withdraw['reason']; mode: ReplayMode },
  early: ReplayMode,
): { run: RunModel; fact?: string } {
  const over = { state: 'withdrawn' as const, claims: 0, noted: reason, forged: false, unconfirmed: false, rival: false };
  if (!row) return { run: { ...over, mode: early }, fact: factOf('withdrawn', { ...over, mode: early }) };
  const verdict = judgeWithdraw({ mode: row.mode, state: row.state, reason, asked });
  if (verdict === 'end' || row.unconfirmed) {
    const run = { ...over, mode: asked };
    return { run, fact: factOf('withdrawn', run) };
  }
  return { run: verdict === 'note' ? { ...row, noted: reason === 'cancel' ? 'cancel' : (row.noted ?? reason) } : row };
}

/** All that a runner may do next with a row, by the table of runs. */
export function runMoves(row: RunModel, around: RunSurroundings): RunMove[] {
  if (row.state === 'starting' && around.settle === 'settles') {
    // The use may be settled while the answer is lost; a take-over asks again.
    return [{ run: row, settles: true, certain: true }, ...tableMoves(row, around).filter(({ certain }) => !certain)];
  }
  return tableMoves(row, around);
}

function tableMoves(row: RunModel, around: RunSurroundings): RunMove[] {
  return RUN_TRANSITIONS[row.mode].flatMap(({ from, on, to, fact }) => {
    if (from !== row.state || !mayHappen(row, on, around)) return [];
    const run: RunModel = {
      ...row,
      state: to,
      ...(on === 'claim' && { claims: Math.min(row.claims + 1, 2) }),
      ...(on === 'unconfirm' && { unconfirmed: true }),
    };
    // One that is held may lose its runner, and one may be tried too often; else it goes on.
    const certain = on === 'claim' ? row.state === 'queued' : on !== 'exhaust';
    const left = on === 'unconfirm' && row.rival ? acceptCommand(run, 'execute', false) : run;
    return [{ run: left, fact: factOf(fact, run), certain }];
  });
}

function mayHappen(row: RunModel, on: RunTrigger, { late, confirmed, settle }: RunSurroundings): boolean {
  const trusted = confirmed && !row.forged;
  switch (on) {
    case 'claim':
      return row.state === 'queued' || row.claims < 2;
    case 'exhaust':
      return row.claims === 2 && !(row.forged && row.mode === 'execute');
    case 'begin':
      return trusted && !late && row.noted === undefined;
    case 'unconfirm':
      return !trusted;
    case 'refuse':
      return row.state === 'starting' ? settle !== 'settles' : trusted;
    case 'start':
      return row.noted === undefined && settle !== 'refused';
    case 'withdraw':
      // Out of the other states only the withdraw itself ends it.
      return row.state === 'starting' && row.noted !== undefined && settle !== 'refused';
    case 'cancel':
      return row.noted === 'cancel';
    case 'succeed':
      return row.noted === undefined || row.mode === 'dry_run';
    default:
      return true;
  }
}
