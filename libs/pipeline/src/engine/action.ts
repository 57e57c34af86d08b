import type { ActionKind } from '../spec/spec-model.js';

/** An effect that a pipeline asks for. Nothing in this library performs it. */
export interface EngineAction {
  offset: number;
  stage: string;
  /** Numbers the stage's actions of one record, those that failed to be made too. */
  n: number;
  kind: ActionKind;
  target: string;
  method?: string;
  path?: string;
  subject?: string;
  /** Names in lower case, sorted. */
  headers?: Record<string, string>;
  payload: Buffer;
  idempotent: boolean;
}
