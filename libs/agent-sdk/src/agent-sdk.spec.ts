import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '@reenact/contracts';
import { openBundle, parseSpec } from '@reenact/pipeline';
import { AgentProblem, captureIncident, LiveRun, Recording, Spool, withRetry } from './index.js';

const SPEC = parseSpec({
  apiVersion: 'reenact.dev/v1',
  kind: 'Pipeline',
  name: 'numbers',
  model: 'single_ring',
  input: 'numbers',
  stages: [
    { id: 'even', kind: 'filter', from: ['numbers'], to: 'even', when: 'body.n % 2 == 0' },
    {
      id: 'tell',
      kind: 'action',
      from: ['even'],
      action: { kind: 'http', target: 'out', method: 'POST', path: "'/n'", body: 'value' },
    },
  ],
});

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'agent-sdk-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('withRetry', () => {
  it('tries temporary problems again, waits as long as the server asks, and gives the rest up at once', async () => {
    const waits: number[] = [];
    const sleep = async (ms: number) => void waits.push(ms);
    let calls = 0;
    const answer = await withRetry(
      async () => {
        calls += 1;
        if (calls === 1) throw new AgentProblem(429, { code: 'rate_limited' }, 7_000);
        if (calls === 2) throw new TypeError('fetch failed', { cause: new Error('ECONNREFUSED') });
        if (calls === 3) throw new AgentProblem(422, { code: 'upload_incomplete' });
        if (calls === 4) throw new AgentProblem(422, { code: 'digest_mismatch' });
        return 'done';
      },
      { sleep },
    );
    expect(answer).toBe('done');
    expect(waits[0]).toBe(7_000);
    expect(waits[1]).toBeLessThan(1_000);

    let refused = 0;
    const call = withRetry(
      async () => {
        refused += 1;
        throw new AgentProblem(422, { code: 'artifact_malformed' });
      },
      { sleep },
    );
    await expect(call).rejects.toMatchObject({ code: 'artifact_malformed', isTemporary: false });
    expect(refused).toBe(1);
  });

  it('ends after the tries it has', async () => {
    let calls = 0;
    const call = withRetry(
      async () => {
        calls += 1;
        throw new AgentProblem(503, { code: 'try_later' });
      },
      { tries: 3, sleep: async () => undefined },
    );
    await expect(call).rejects.toMatchObject({ status: 503 });
    expect(calls).toBe(3);
  });
});

describe('captureIncident', () => {
  it('writes a bundle that holds what the run saw, did and failed to do', async () => {
    const recording = await Recording.begin(join(directory, 'run'));
    const performed: number[] = [];
    const run = new LiveRun(
      SPEC,
      async ({ offset }) => {
        if (offset > 2) throw new Error('gone');
        performed.push(offset);
      },
      recording,
    );
    for (let n = 0; n < 6; n += 1) await run.process({ offset: n, at: '2026-11-23T12:00:00.000Z', body: { n } });
    await recording.end();
    expect(run.counts).toEqual({ records: 6, done: 2, failed: 1 });
    expect(performed).toEqual([0, 2]);

    const spool = new Spool(join(directory, 'spool'));
    const name = await captureIncident(
      {
        agentId: newId('agent'),
        environmentId: newId('environment'),
        bootId: 'b1',
        sequence: 1,
        capturedAt: '2026-11-23T12:00:00.000Z',
        spec: SPEC,
        lane: 'numbers',
        streamId: 's1',
        incident: { title: 'gone', severity: 'high', fingerprint: 'gone' },
      },
      recording,
      spool,
    );
    expect(await spool.pending()).toEqual([name]);
    const bundle = await openBundle(() => createReadStream(join(directory, 'spool', `${name}.bin`)));
    const outcomes: string[] = [];
    for await (const outcome of bundle.outcomes() ?? []) outcomes.push(`${outcome.offset} ${outcome.status}`);
    expect(outcomes).toEqual(['0 ok', '2 ok', '4 error']);
    expect(bundle.manifest.journal).toEqual({ lane: 'numbers', records: 6, streamId: 's1' });
  });
});
