/** The pipeline of the sample agent: issues that need triage become tickets. */
export const ISSUE_TRIAGE = {
  apiVersion: 'reenact.dev/v1',
  kind: 'Pipeline',
  name: 'issue-triage',
  model: 'lane_graph',
  input: 'webhooks',
  stages: [
    {
      id: 'issues',
      kind: 'filter',
      from: ['webhooks'],
      to: 'issues',
      when: "headers['x-github-event'] == 'issues'",
    },
    {
      id: 'ticket',
      kind: 'map',
      from: ['issues'],
      to: 'tickets',
      value: {
        title: "body.repository.full_name + '#' + string(body.issue.number) + ' ' + body.issue.title",
        labels: 'has(body.issue.labels) ? body.issue.labels.map(l, l.name) : []',
        action: 'body.action',
      },
    },
    {
      id: 'notify',
      kind: 'action',
      from: ['tickets'],
      idempotent: true,
      action: { kind: 'http', target: 'triage', method: 'POST', path: "'/tickets'", body: 'value', headers: ['x-github-event'] },
    },
  ],
};

/** A webhook as it came in: the event's name and the payload. */
export interface Webhook {
  event: string;
  payload: object;
}

/** Real GitHub webhook payloads (`@octokit/webhooks-examples`, MIT). */
export function readWebhooks(load: NodeJS.Require): Webhook[] {
  const definitions = load('@octokit/webhooks-examples/api.github.com/index.json') as { name: string; examples: object[] }[];
  return definitions.flatMap(({ name, examples }) => examples.map((payload) => ({ event: name, payload })));
}
