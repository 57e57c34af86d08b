import type { ApprovalFacts, DryRunFacts, DsseEnvelope, ReplayFacts, TargetKind, TargetPin } from '@reenact/contracts';

/** What the checks read of other services. */
export interface Readings {
  at: string;
  facts: ReplayFacts;
  /** Of the dry run named: null when the runner knows none in this environment, absent when none is named. */
  dryRun?: DryRunFacts | null;
  /** Of the approval named; absent when there was nothing to check it against. */
  approval?: ApprovalFacts;
  credential?: DsseEnvelope;
  /** The targets that the spec names, where no dry run pinned them. */
  pins?: (TargetPin & { kind: TargetKind })[];
}
