import type { Incident } from '@reenact/contracts';
import { capturedBy, change, recur } from './incident.js';

const incident: Incident = {
  id: 'inc_1',
  title: 'Tickets are not made',
  severity: 'high',
  state: 'resolved',
  fingerprint: 'f',
  occurrences: 2,
  orgId: 'org_1',
  projectId: 'prj_1',
  environmentId: 'env_1',
  agentId: 'agt_1',
  labels: {},
  assignee: 'usr_1',
  firstSeenAt: '2026-11-23T12:00:00.000Z',
  lastSeenAt: '2026-11-23T13:00:00.000Z',
  createdAt: '2026-11-23T12:00:01.000Z',
  revision: 3,
};

describe('incident', () => {
  it('opens again when it recurs, and keeps what people wrote', () => {
    expect(recur(incident, { at: '2026-11-23T14:00:00.000Z', agentId: 'agt_2' })).toEqual({
      ...incident,
      state: 'open',
      occurrences: 3,
      agentId: 'agt_2',
      lastSeenAt: '2026-11-23T14:00:00.000Z',
    });
    expect(recur({ ...incident, state: 'acknowledged' }, { at: incident.lastSeenAt }).state).toBe('acknowledged');
  });

  it('takes evidence that comes late in its place', () => {
    const late = recur(incident, { at: '2026-11-23T11:00:00.000Z' });
    expect([late.firstSeenAt, late.lastSeenAt]).toEqual(['2026-11-23T11:00:00.000Z', incident.lastSeenAt]);
  });

  it('changes what was asked for and says what differs', () => {
    const changed = change(incident, { state: 'resolved', severity: 'low', assignee: null });
    expect(changed.changed).toEqual(['severity', 'assignee']);
    const { assignee: _assignee, ...rest } = incident;
    expect(changed.incident).toEqual({ ...rest, severity: 'low' });
    expect(change(incident, {})).toEqual({ incident, changed: [] });
  });

  it('stands in for what an older bundle does not say', () => {
    const sha256 = `sha256:${'1'.repeat(64)}`;
    expect(capturedBy({ sha256 })).toMatchObject({ severity: 'medium', fingerprint: `bundle:${sha256}` });
    const said = { title: 'a', severity: 'low' as const, fingerprint: 'f' };
    expect(capturedBy({ sha256, incident: said })).toBe(said);
  });
});
