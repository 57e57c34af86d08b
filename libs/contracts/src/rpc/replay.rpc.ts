import { canonicalSha256 } from '../canonical-json.js';
import { defineRpc } from '../define.js';
import type { Scope } from '../envelope.js';
import { Bool, Hash, Id, Nested, OneOf, Text, Time } from '../field.js';
import { IdempotencyClaim, type Page, PageQuery } from '../shapes/common.js';
import {
  REPLAY_MODES,
  REPLAY_STATES,
  type Replay,
  type ReplayMode,
  type ReplayState,
  Selection,
  type Verdict,
} from '../shapes/replay.js';

const ART = 'art_01h455vb4pex5vsknk084sn02q';
const RPL = 'rpl_01h455vb4pex5vsknk084sn02q';

export class RequestReplay {
  @Id('artifact') artifactId: string;
  @OneOf(REPLAY_MODES) mode: ReplayMode;
  @Nested(() => Selection, { optional: true }) selection?: Selection;
  @OneOf(['undone', 'all'], { optional: true }) include?: 'undone' | 'all';
  @Bool({ optional: true }) again?: boolean;
  /** Another version of the same pipeline than the one that ran. */
  @Id('version', { optional: true }) versionId?: string;
  @Id('replay', { optional: true }) dryRunId?: string;
  @Id('approval', { optional: true }) approvalId?: string;
  @Text({ min: 1, max: 2000 }) reason: string;
  @Time({ optional: true }) startBy?: string;
  @Nested(() => IdempotencyClaim, { optional: true }) idempotency?: IdempotencyClaim;
}
export const requestReplay = defineRpc<Replay>()({
  service: 'replay-orchestrator',
  noun: 'replay',
  verb: 'request',
  request: RequestReplay,
  sample: { artifactId: ART, mode: 'dry_run', reason: 'See what would happen' },
});

export class ListReplays extends PageQuery {
  @Id('organisation') orgId: string;
  /** The projects that the caller may see; absent: the whole organisation. */
  @Id('project', { array: true, maxItems: 1000, optional: true }) projectIds?: string[];
  @Id('environment', { optional: true }) environmentId?: string;
  @Id('artifact', { optional: true }) artifactId?: string;
  @Id('incident', { optional: true }) incidentId?: string;
  @OneOf(REPLAY_MODES, { optional: true }) mode?: ReplayMode;
  @OneOf(REPLAY_STATES, { optional: true }) state?: ReplayState;
}
export const listReplays = defineRpc<Page<Replay>>()({
  service: 'replay-orchestrator',
  noun: 'replay',
  verb: 'list',
  request: ListReplays,
  sample: { orgId: 'org_01h455vb4pex5vsknk084sn02q' },
});

export class ReadReplay {
  @Id('replay') replayId: string;
}
export const readReplay = defineRpc<Replay>()({
  service: 'replay-orchestrator',
  noun: 'replay',
  verb: 'read',
  request: ReadReplay,
  sample: { replayId: RPL },
});

export const readVerdict = defineRpc<Verdict>()({
  service: 'replay-orchestrator',
  noun: 'verdict',
  verb: 'read',
  request: ReadReplay,
  sample: { replayId: RPL },
});

export class CancelReplay {
  @Id('replay') replayId: string;
  @Text({ max: 2000, optional: true }) reason?: string;
}
export const cancelReplay = defineRpc<Replay>()({
  service: 'replay-orchestrator',
  noun: 'replay',
  verb: 'cancel',
  request: CancelReplay,
  sample: { replayId: RPL },
});

export class ResolveReplay {
  @Id('replay') replayId: string;
  @OneOf(['performed', 'not_performed']) outcome: 'performed' | 'not_performed';
  @Text({ min: 1, max: 2000 }) reason: string;
}
export const resolveReplay = defineRpc<Replay>()({
  service: 'replay-orchestrator',
  noun: 'replay',
  verb: 'resolve',
  request: ResolveReplay,
  sample: { replayId: RPL, outcome: 'not_performed', reason: 'Looked at the ticket server' },
});

export class ConfirmDispatch {
  @Id('replay') replayId: string;
  /** `canonicalSha256` of the execute command's data as the runner received it. */
  @Hash() commandDigest: string;
  /** `scopeDigest` of its envelope; runners of before do not say it. */
  @Hash({ optional: true }) scopeDigest?: string;
}
/** Digest of the place that a message is about. */
export function scopeDigest({ orgId, projectId, environmentId }: Scope): string {
  return canonicalSha256({
    orgId,
    ...(projectId !== undefined && { projectId }),
    ...(environmentId !== undefined && { environmentId }),
  });
}

/** Whether the saga really sent this execute command and still stands by it: a command made by hand is not confirmed. */
export const confirmDispatch = defineRpc<{ confirmed: boolean }>()({
  service: 'replay-orchestrator',
  noun: 'dispatch',
  verb: 'confirm',
  request: ConfirmDispatch,
  sample: { replayId: RPL, commandDigest: `sha256:${'0'.repeat(64)}`, scopeDigest: `sha256:${'1'.repeat(64)}` },
});
