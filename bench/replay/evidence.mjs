import { parseSpec, specHash, writeBundle } from '@reenact/pipeline';

/** One record, one action that does nothing but be performed. */
const SPEC = parseSpec({
  apiVersion: 'reenact.dev/v1',
  kind: 'Pipeline',
  name: 'no-op',
  model: 'single_ring',
  input: 'orders',
  stages: [
    {
      id: 'call',
      kind: 'action',
      from: ['orders'],
      idempotent: true,
      action: { kind: 'http', target: 'no-op', method: 'POST', path: "'/'", body: 'value' },
    },
  ],
});

/** Registers the pipeline, points its target at the server and uploads a bundle; answers the artifact's id. */
export async function prepareEvidence(installation, tier, targetUrl) {
  const { orgId, projectId, environments } = installation.place;
  const admin = installation.as('admin');
  await admin.post(`orgs/${orgId}/projects/${projectId}/pipelines/no-op/versions`, { spec: SPEC });
  await admin.post(`environments/${environments[tier]}/targets`, { name: 'no-op', kind: 'http', url: targetUrl });
  const { agentId, apiKey } = await installation.enrol(tier);
  const capturedAt = new Date().toISOString();
  const head = {
    agentId,
    environmentId: environments[tier],
    specHash: specHash(SPEC),
    capturedAt,
    journal: { lane: 'orders', records: 1 },
    incident: { title: 'An order was lost', severity: 'low', fingerprint: 'bench' },
  };
  const record = { offset: 0, at: capturedAt, headers: {}, body: { number: 1 } };
  const files = [
    { path: 'spec.json', role: 'spec', content: Buffer.from(JSON.stringify(SPEC)) },
    { path: 'journal.ndjson', role: 'journal', content: Buffer.from(`${JSON.stringify(record)}\n`) },
  ];
  const { stream } = await writeBundle(head, files);
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  const form = new FormData();
  form.append('type', 'incident_bundle');
  form.append('capturedAt', capturedAt);
  form.append('file', new Blob([Buffer.concat(chunks)]), 'bundle.tgz');
  const url = `${installation.urls.ingest}/api/v1/agents/${agentId}/artifacts`;
  const answer = await fetch(url, { method: 'POST', headers: { authorization: `Bearer ${apiKey}` }, body: form });
  if (answer.status !== 201) throw new Error(`the upload was answered ${answer.status}: ${await answer.text()}`);
  const { artifact } = await answer.json();
  return artifact.id;
}

/** Lets so many executes run at once. */
export async function allowExecutes(installation, tier, count) {
  const path = `environments/${installation.place.environments[tier]}/posture`;
  const { headers, body } = await installation.as('admin').call('GET', path);
  await installation.as('admin').call('PUT', path, { ...body, maxConcurrentExecutes: count }, { 'if-match': headers.etag });
}
