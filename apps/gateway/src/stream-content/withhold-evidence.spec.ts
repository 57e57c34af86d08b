import { Readable } from 'node:stream';
import type { ReplayReport } from '@reenact/pipeline';
import { actionWithoutEvidence, linesWithoutEvidence, reportWithoutEvidence } from './withhold-evidence.js';

const action = {
  decision: 'allow',
  disposition: 'perform',
  headers: { 'x-person': 'Ada Lövelace' },
  idempotencyKey: 'rn1_x',
  index: 0,
  kind: 'http',
  method: 'POST',
  n: 0,
  offset: 17,
  path: '/people/ada',
  payloadSha256: 'sha256:a',
  payloadSize: 3,
  stage: 'notify',
  target: 'triage',
};

describe('withhold-evidence', () => {
  it('withhold-evidence - leaves the structure of an action', () => {
    const { headers: _headers, path: _path, ...structure } = action;
    expect(actionWithoutEvidence(action)).toEqual(structure);
    expect(actionWithoutEvidence({ index: 1, subject: 'people.ada' })).toEqual({ index: 1 });
  });

  it('withhold-evidence - takes lines however the bytes are cut', async () => {
    const bytes = Buffer.from([0, 1, 2].map((index) => `${JSON.stringify({ ...action, index })}\n`).join(''));
    for (const size of [1, 7, 300, bytes.length]) {
      const pieces: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
      const out = Buffer.concat(await Readable.from(linesWithoutEvidence(Readable.from(pieces))).toArray()).toString('utf8');
      expect(out).toBe([0, 1, 2].map((index) => `${JSON.stringify(actionWithoutEvidence({ ...action, index }))}\n`).join(''));
    }
  });

  it('withhold-evidence - leaves offsets and codes of a report, and neither messages nor addresses', () => {
    const stages = [
      { id: 'a', in: 2, out: 1, errors: 1, firstError: { offset: 3, code: 'number_not_exact', message: 'ada' } },
      { id: 'b', in: 1, out: 1, errors: 0 },
    ];
    const shown = [{ id: 'a', in: 2, out: 1, errors: 1, firstError: { offset: 3, code: 'number_not_exact' } }, stages[1]];
    const place = { offset: 3, stage: 'a', n: 0 };
    const address = { ...place, kind: 'address', recorded: 'POST /ada', ran: 'POST /eve', explanation: 'ada, eve' };
    const payload = { ...place, kind: 'payload', recorded: 'sha256:a', ran: 'sha256:b', explanation: 'digests' };
    const recordedVersion = {
      specHash: 'h',
      stages,
      differences: { compared: 2, count: 2, first: address, items: [address, payload] },
    };
    const report = { stages, samples: [], recordedVersion } as unknown as ReplayReport;
    const seen = reportWithoutEvidence(report);
    const differs = {
      ...address,
      recorded: null,
      ran: null,
      explanation: 'At record 3, stage a, action 0 the addresses differ.',
    };
    expect(seen).toMatchObject({
      stages: shown,
      recordedVersion: { stages: shown, differences: { count: 2, first: differs, items: [differs, payload] } },
    });
    expect(JSON.stringify(seen)).not.toMatch(/ada|eve/);
    expect(reportWithoutEvidence({ stages } as unknown as ReplayReport)).toMatchObject({ stages: shown });
  });
});
