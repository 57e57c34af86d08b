import type { Findings } from './findings.js';
import type { PayloadDifference } from './payload-difference.js';

/** What a replay found, kept with its run. */
export interface ReplayReport {
  input: ReportInput;
  /** In the order of the spec; selected records only. */
  stages: StageReport[];
  actions: ReportActions;
  divergences: DivergenceReport;
  /** The version that was recorded beside the one that ran; absent where they are the same. */
  recordedVersion?: RecordedVersionReport;
  /** The first selected records, to recognise them by. */
  samples: { offset: number; sha256: string }[];
  /** Set by whoever has a clock. */
  times: { startedAt: string; endedAt: string } | null;
}

export interface ReportInput {
  /** Records read. */
  scanned: number;
  selected: number;
  /** Journal bytes of the selected records. */
  bytes: number;
  /** Places where the next offset is not the previous one plus one. */
  offsetGaps: number;
  /** Whether every byte read had the digest that the manifest says. */
  digestOk: boolean;
  /** Records that are not selected since the condition of the selection failed on them; absent when there are none. */
  conditionErrors?: ConditionErrors;
}

export interface ConditionErrors {
  count: number;
  first: { offset: number; code: string; message: string };
}

export interface StageReport {
  id: string;
  in: number;
  out: number;
  errors: number;
  /** The first error of the stage. */
  firstError?: { offset: number; code: string; message: string };
}

export interface ReportActions {
  done: number;
  failed: number;
  alreadyDone: number;
  notStarted: number;
  /** Not performed, since they would carry a redacted value; absent when there are none. */
  inputRedacted?: number;
  /**
   * Of a dry run: those of `notStarted` that other replays in the environment had done when it ended. They are in the plan, and an execute
   * skips them; absent when there are none.
   */
  doneByEarlierReplays?: number;
}

export const DIVERGENCE_KINDS = ['missing', 'unexpected', 'payload', 'status'] as const;
export type DivergenceKind = (typeof DIVERGENCE_KINDS)[number];

/** A place where the replay is not what was recorded. */
export interface Divergence {
  offset: number;
  stage: string;
  n: number;
  /** `missing`: recorded, not in the replay; `unexpected`: in the replay, not recorded; else both, and different. */
  kind: DivergenceKind;
  /** What was recorded. */
  expected: string | null;
  /** What the replay gives. */
  actual: string | null;
  explanation: string;
}

export type DivergenceReport = Findings<Divergence>;

/** What the version that was recorded would have done with the same records, if it had run. It performs nothing and has no plan. */
export interface RecordedVersionReport {
  specHash: string;
  /** In the order of its spec. */
  stages: StageReport[];
  /** By what would become of them. */
  actions: { perform: number; alreadyDone: number; inputRedacted?: number };
  /** From what was recorded: what only this version explains is no effect of the other one. */
  divergences: DivergenceReport;
  /** Between its actions and those of the version that ran. */
  differences: Findings<VersionDifference>;
}

export const VERSION_DIFFERENCE_KINDS = ['missing', 'added', 'target', 'address', 'headers', 'payload'] as const;
export type VersionDifferenceKind = (typeof VERSION_DIFFERENCE_KINDS)[number];

/** A place where two versions ask for different things. */
export interface VersionDifference {
  offset: number;
  stage: string;
  n: number;
  /** `missing`: the version that ran does not act; `added`: only it does; else both, and this is the first thing that differs. */
  kind: VersionDifferenceKind;
  /** Of the recorded version. */
  recorded: string | null;
  /** Of the version that ran. */
  ran: string | null;
  /** Of payloads: the first field that differs; absent where one is no JSON or too large, and beyond the listed ones. */
  field?: PayloadDifference;
  explanation: string;
}
