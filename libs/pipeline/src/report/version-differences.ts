import type { PlanAction } from '../plan/plan.js';
import { effectKey } from '../plan/recorded-outcomes.js';
import type { PipelineSpec } from '../spec/spec-model.js';
import { type Findings, addFinding, hasRoom, noFindings } from './findings.js';
import { type PayloadDifference, payloadDifference } from './payload-difference.js';
import type { VersionDifference } from './report.js';

/** An action of a version as the comparison needs it. */
export type VersionAction = Pick<
  PlanAction,
  'stage' | 'n' | 'kind' | 'target' | 'method' | 'path' | 'subject' | 'headers' | 'payloadSha256'
> & { payload: Buffer };

/** Compares, record by record, what the recorded version asks for with what the version that ran asks for. */
export class VersionDifferences {
  private readonly findings = noFindings<VersionDifference>();
  private readonly order: Map<string, number>;

  constructor(ran: PipelineSpec, recorded: PipelineSpec) {
    const ids = [...ran.stages, ...recorded.stages].map(({ id }) => id);
    this.order = new Map([...new Set(ids)].map((id, index) => [id, index]));
  }

  /** Takes one record's actions of both. */
  compare(offset: number, recorded: readonly VersionAction[], ran: readonly VersionAction[]): void {
    const left = new Map(recorded.map((action) => [effectKey(action.stage, action.n), action]));
    const found: VersionDifference[] = [];
    for (const action of ran) {
      const key = effectKey(action.stage, action.n);
      const before = left.get(key);
      const difference = differenceOf(offset, before, action);
      left.delete(key);
      this.findings.compared += 1;
      if (difference) found.push(before && hasRoom(this.findings) ? withField(difference, before, action) : difference);
    }
    for (const action of left.values()) {
      this.findings.compared += 1;
      found.push(missing(offset, action));
    }
    found.sort((a, b) => this.rank(a) - this.rank(b) || a.n - b.n);
    for (const difference of found) addFinding(this.findings, () => difference);
  }

  result(): Findings<VersionDifference> {
    return this.findings;
  }

  private rank({ stage }: VersionDifference): number {
    return this.order.get(stage) ?? this.order.size;
  }
}

interface Aspect {
  kind: 'target' | 'address' | 'headers' | 'payload';
  of: (action: VersionAction) => string;
  /** What the report shows of it, where that is not the same. */
  shown?: (action: VersionAction) => string;
}

const ASPECTS: readonly Aspect[] = [
  { kind: 'target', of: ({ kind, target }) => `${kind}:${target}` },
  { kind: 'address', of: ({ method, path, subject }) => subject ?? `${method} ${path}` },
  // Values of headers that only the other version passes on are nowhere in the plan, and not shown here.
  {
    kind: 'headers',
    of: ({ headers = {} }) => JSON.stringify(headers),
    shown: ({ headers = {} }) => Object.keys(headers).join(', '),
  },
  { kind: 'payload', of: ({ payloadSha256 }) => payloadSha256 },
];
const MAX_SHOWN = 500;

function differenceOf(offset: number, recorded: VersionAction | undefined, ran: VersionAction): VersionDifference | undefined {
  const { stage, n } = ran;
  const at = placeOf(offset, ran);
  if (!recorded) {
    const explanation = `At ${at} the version that ran acts on ${ran.kind}:${ran.target}, and the recorded one does not.`;
    return { offset, stage, n, kind: 'added', recorded: null, ran: ran.payloadSha256, explanation };
  }
  const aspect = ASPECTS.find(({ of }) => of(recorded) !== of(ran));
  if (!aspect) return undefined;
  const { kind, shown = aspect.of } = aspect;
  const [before, after] = [recorded, ran].map((action) => shown(action).slice(0, MAX_SHOWN));
  const explanation =
    before === after
      ? `At ${at} the values of the headers ${before} differ.`
      : `At ${at}, ${kind}: ${before} in the recorded version, ${after} in the version that ran.`;
  return { offset, stage, n, kind, recorded: before, ran: after, explanation };
}

/** Says also where the payloads differ, if it is they that do. */
function withField(difference: VersionDifference, recorded: VersionAction, ran: VersionAction): VersionDifference {
  const field = difference.kind === 'payload' ? payloadDifference(recorded.payload, ran.payload) : undefined;
  if (!field) return difference;
  return { ...difference, field, explanation: `${difference.explanation} ${inWords(field)}` };
}

function inWords({ pointer, kind }: PayloadDifference): string {
  const place = pointer === '' ? 'the whole payload' : pointer;
  if (kind === 'missing') return `The first difference: only the recorded version gives ${place}.`;
  if (kind === 'added') return `The first difference: only the version that ran gives ${place}.`;
  return `The first difference: ${place} has another ${kind}.`;
}

function missing(offset: number, action: VersionAction): VersionDifference {
  const { stage, n, kind, target, payloadSha256 } = action;
  const explanation = `At ${placeOf(offset, action)} the recorded version acts on ${kind}:${target}, and the version that ran does not.`;
  return { offset, stage, n, kind: 'missing', recorded: payloadSha256, ran: null, explanation };
}

function placeOf(offset: number, { stage, n }: VersionAction): string {
  return `record ${offset}, stage ${stage}, action ${n}`;
}
