/** A pipeline as it is written, registered and hashed: a single line of stages, or a graph of lanes. */
export interface PipelineSpec {
  apiVersion: 'reenact.dev/v1';
  kind: 'Pipeline';
  name: string;
  model: PipelineModel;
  /** The lane that journal records enter. */
  input: string;
  stages: Stage[];
}

export const PIPELINE_MODELS = ['single_ring', 'lane_graph'] as const;
export type PipelineModel = (typeof PIPELINE_MODELS)[number];

export const STAGE_KINDS = ['filter', 'map', 'split', 'window', 'action'] as const;

export type Stage = FilterStage | MapStage | SplitStage | WindowStage | ActionStage;

interface StageBase {
  id: string;
  /** The lanes it reads; more than one is a merge, in the order (offset, stage order, n). */
  from: string[];
}

/** Passes on what `when` (CEL, bool) is true for. */
export interface FilterStage extends StageBase {
  kind: 'filter';
  to: string;
  when: string;
}

/** Makes a new value of each. */
export interface MapStage extends StageBase {
  kind: 'map';
  to: string;
  value: Template;
}

/** Passes on each item of the list that `items` (CEL) gives. */
export interface SplitStage extends StageBase {
  kind: 'split';
  to: string;
  items: string;
}

/** Passes on a list of each `count` values in a row; it belongs to the record that completed it. */
export interface WindowStage extends StageBase {
  kind: 'window';
  to: string;
  count: number;
}

/** Asks for an effect; passes the value on where `to` is given. */
export interface ActionStage extends StageBase {
  kind: 'action';
  to?: string;
  /** Whether doing it twice is the same as doing it once: decides what happens after a crash. Default false. */
  idempotent?: boolean;
  action: ActionSpec;
}

export type ActionKind = 'http' | 'nats';
export type ActionSpec = HttpActionSpec | NatsActionSpec;

export const HTTP_METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type HttpMethod = (typeof HTTP_METHODS)[number];

export interface HttpActionSpec {
  kind: 'http';
  /** Literal name of a target of the environment. */
  target: string;
  /** Default `POST`. */
  method?: HttpMethod;
  /** CEL that gives a text beginning with `/`. */
  path: string;
  body?: BodySpec;
  /** Captured headers to pass on. */
  headers?: string[];
}

export interface NatsActionSpec {
  kind: 'nats';
  target: string;
  /** CEL that gives a subject without wildcards. */
  subject: string;
  body?: BodySpec;
  headers?: string[];
}

/** `value`: the value as canonical JSON (the default, but for GET and DELETE, which have none); `raw`: the captured bytes; else CEL. */
export type BodySpec = string;

/** Text is CEL; lists and objects hold templates; numbers, booleans and null stand for themselves. */
export type Template = string | number | boolean | null | Template[] | { [member: string]: Template };

export const PIPELINE_NAME_PATTERN = /^[a-z0-9][a-z0-9._-]{0,63}$/;
/** Ids of stages and names of lanes. */
export const LANE_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
export const HEADER_NAME_PATTERN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;

/** Sizes that a spec may not pass. */
export const SPEC_LIMITS = {
  stages: 256,
  lanesPerStage: 64,
  expressionLength: 4096,
  templateNodes: 1000,
  templateDepth: 16,
  headers: 64,
  windowCount: 10_000,
} as const;

/** `<kind>:<target>`, what posture decides about. */
export function capabilityOf(action: { kind: ActionKind; target: string }): string {
  return `${action.kind}:${action.target}`;
}

/** Every capability a pipeline may use, sorted. */
export function capabilitiesOf(spec: PipelineSpec): string[] {
  return [...new Set(actionStages(spec).map((stage) => capabilityOf(stage.action)))].sort();
}

/** Every target a pipeline names, sorted by name. */
export function targetsOf(spec: PipelineSpec): { kind: ActionKind; name: string }[] {
  const byCapability = new Map(
    actionStages(spec).map(({ action }) => [capabilityOf(action), { kind: action.kind, name: action.target }]),
  );
  return [...byCapability.keys()].sort().map((key) => byCapability.get(key) as { kind: ActionKind; name: string });
}

export function actionStages(spec: PipelineSpec): ActionStage[] {
  return spec.stages.filter((stage) => stage.kind === 'action');
}
