/** What a replay found, kept with its run. */
export interface ReplayReport {
  input: ReportInput;
  /** In the order of the spec; selected records only. */
  stages: StageReport[];
  actions: ReportActions;
  divergences: DivergenceReport;
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

export interface DivergenceReport {
  /** Recorded and replayed actions compared. */
  compared: number;
  count: number;
  first: Divergence | null;
  /** The first hundred. */
  items: Divergence[];
}
