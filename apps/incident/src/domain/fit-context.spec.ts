import type { IncidentContext } from '@reenact/contracts';
import { fitContext } from './fit-context.js';

const many = (count: number, text = 'x'.repeat(100)) => Array.from({ length: count }, (_, n) => ({ n, text }));
const context = (lists: Partial<IncidentContext>): IncidentContext => ({
  incident: { id: 'inc_1' } as IncidentContext['incident'],
  agent: null,
  heartbeats: [],
  refusals: [],
  snapshots: [],
  deployment: null,
  deploymentApproval: null,
  environment: null,
  posture: null,
  artifacts: [],
  replays: [],
  approvals: [],
  escalations: [],
  truncated: [],
  ...lists,
});

describe('fit context', () => {
  it('leaves alone what fits', () => {
    const small = context({ artifacts: many(3) });
    expect(fitContext(small, 10_000)).toBe(small);
  });

  it('drops the older half of the largest lists and names them', () => {
    const fitted = fitContext(context({ artifacts: many(8), replays: many(40), truncated: ['replays'] }), 1_500);
    expect(fitted.replays).toHaveLength(5);
    expect(fitted.artifacts.length).toBeGreaterThan(0);
    expect(fitted.replays[0]).toMatchObject({ n: 0 });
    expect(fitted.truncated).toEqual(['replays', 'artifacts']);
    expect(JSON.stringify(fitted).length).toBeLessThanOrEqual(1_500);
  });

  it('ends when there is nothing to drop', () => {
    expect(fitContext(context({}), 10).truncated).toEqual([]);
  });
});
