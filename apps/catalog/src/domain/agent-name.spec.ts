import { agentNameBase, freeAgentName } from './agent-name.js';

describe('agent name', () => {
  it('is the one asked for, or of the host', () => {
    expect(agentNameBase('triage', { host: 'web-1' })).toBe('triage');
    expect(agentNameBase(undefined, { host: 'web-1' })).toBe('web-1');
    expect(agentNameBase(undefined, {})).toBe('agent');
    expect(agentNameBase(undefined, { hostname: 'x'.repeat(256) })).toHaveLength(200);
  });

  it('becomes unique, and never too long', () => {
    expect(freeAgentName('triage', new Set())).toBe('triage');
    expect(freeAgentName('triage', new Set(['triage', 'triage-2', 'triage-4']))).toBe('triage-3');
    const long = 'x'.repeat(200);
    expect(freeAgentName(long, new Set([long])).length).toBeLessThanOrEqual(200);
  });
});
