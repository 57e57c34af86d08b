import type { PipelineSpec } from '../spec/spec-model.js';

/** The pipeline of the contract page. */
export const ISSUE_TRIAGE: PipelineSpec = {
  apiVersion: 'reenact.dev/v1',
  kind: 'Pipeline',
  name: 'issue-triage',
  model: 'lane_graph',
  input: 'webhooks',
  stages: [
    { id: 'opened', kind: 'filter', from: ['webhooks'], to: 'opened', when: "body.action == 'opened'" },
    { id: 'ticket', kind: 'map', from: ['opened'], to: 'tickets', value: { title: 'body.issue.title' } },
    {
      id: 'notify',
      kind: 'action',
      from: ['tickets'],
      idempotent: true,
      action: { kind: 'http', target: 'triage', method: 'POST', path: "'/tickets'", body: 'value', headers: ['x-github-event'] },
    },
  ],
};

export function laneGraph(stages: unknown[]): PipelineSpec {
  return {
    apiVersion: 'reenact.dev/v1',
    kind: 'Pipeline',
    name: 'sample',
    model: 'lane_graph',
    input: 'in',
    stages,
  } as PipelineSpec;
}

export function filterStage(id: string, from: string[], to: string, when = 'true') {
  return { id, kind: 'filter', from, to, when };
}

export function mapStage(id: string, from: string[], to: string, value: unknown) {
  return { id, kind: 'map', from, to, value };
}

export function actionStage(id: string, from: string[], action: Record<string, unknown> = {}) {
  return { id, kind: 'action', from, action: { kind: 'http', target: 'web', path: "'/x'", ...action } };
}
