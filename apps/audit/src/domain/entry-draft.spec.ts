import {
  canonicalJson,
  canonicalSha256,
  type Envelope,
  type EventContract,
  EVENTS,
  incidentOpened,
  newId,
  newUuid,
  noteAdded,
  postureChangeDecided,
  postureChanged,
  postureChangeRequested,
  replayEntered,
} from '@reenact/contracts';
import { denialOf } from './denial.js';
import { draftEntry, MAX_ENTRY_BYTES, personalDigest } from './entry-draft.js';

const ORG = newId('organisation');
const SALT = Buffer.alloc(32, 7);
const salt = { newSalt: () => SALT, now: new Date('2026-05-05T05:05:05.000Z') };

function event(data: unknown, more: Partial<Envelope> = {}): Envelope {
  return {
    id: newUuid(),
    type: incidentOpened.type,
    source: 'incident',
    time: '2026-01-02T03:04:05.678Z',
    aggregate: { kind: 'incident', id: newId('incident'), version: 1 },
    orgId: ORG,
    actor: { kind: 'user', id: newId('user'), name: 'Ada' },
    correlationId: 'story',
    data,
    ...more,
  };
}

describe('entry draft', () => {
  it('entry draft - states who did what to what, and no name or free text', () => {
    const happened = event(
      { ...incidentOpened.sample, title: 'Ada lost a ticket' },
      { requestId: 'req', environmentId: 'env_1' },
    );
    const draft = draftEntry(happened, incidentOpened, salt);
    expect(draft).toMatchObject({
      log: ORG,
      actorName: 'Ada',
      body: {
        v: 1,
        id: happened.id,
        at: happened.time,
        type: 'incident.opened',
        category: 'incident',
        outcome: 'succeeded',
        orgId: ORG,
        environmentId: 'env_1',
        subject: { kind: 'incident', id: happened.aggregate.id },
        correlationId: 'story',
        requestId: 'req',
      },
      detached: [{ pointer: '/title', salt: SALT, value: 'Ada lost a ticket' }],
    });
    expect(canonicalJson(draft?.body)).not.toContain('Ada');
    expect(draft?.body.data).toMatchObject({ title: { $p: personalDigest(SALT, 'Ada lost a ticket') } });
  });

  it('entry draft - finds personal text in every item of an array', () => {
    const freeze = (reason: string) => ({ from: '2026-12-24T00:00:00.000Z', to: '2026-12-27T00:00:00.000Z', reason });
    const posture = { freezes: [freeze('Ada is away'), freeze('Ada moves')] };
    const changed = event({ revision: 2, before: { freezes: [] }, after: posture }, { type: postureChanged.type });
    const draft = draftEntry(changed, postureChanged, salt);
    expect(draft?.detached.map(({ pointer, value }) => [pointer, value])).toEqual([
      ['/after/freezes/0/reason', 'Ada is away'],
      ['/after/freezes/1/reason', 'Ada moves'],
    ]);
    expect(draft?.body.data).toMatchObject({
      before: { freezes: [] },
      after: { freezes: [{ ...posture.freezes[0], reason: { $p: personalDigest(SALT, 'Ada is away') } }, {}] },
    });
    const frozen = {
      ...replayEntered.rejected.sample,
      checks: [{ name: 'posture', evidence: { frozen: freeze('Ada is away') } }],
    };
    for (const [data, contract] of [
      [{ ...postureChangeRequested.sample, posture }, postureChangeRequested],
      [{ ...postureChangeDecided.sample, posture }, postureChangeDecided],
      [frozen, replayEntered.rejected],
    ] as [object, EventContract][]) {
      const body = draftEntry(event(data, { type: contract.type }), contract, salt)?.body;
      expect(canonicalJson(body)).toContain('"$p"');
      expect(canonicalJson(body)).not.toContain('Ada');
    }
  });

  it('entry draft - drops fields that the contract does not know', () => {
    expect(draftEntry(event({ ...incidentOpened.sample, reporter: 'Ada' }), incidentOpened, salt)?.body.data).not.toHaveProperty(
      'reporter',
    );
  });

  it('entry draft - gives equal values different digests under different salts', () => {
    expect(personalDigest(SALT, 'x')).not.toBe(personalDigest(Buffer.alloc(32, 8), 'x'));
    expect(personalDigest(SALT, 'x')).not.toBe(personalDigest(SALT, 'y'));
  });

  it('entry draft - replaces data that is too long by its digest and keeps it beside the log', () => {
    const checked = (evidence: string) => {
      const data = { ...replayEntered.rejected.sample, checks: [{ name: 'posture', outcome: 'failed', evidence: { evidence } }] };
      return draftEntry(event(data, { type: replayEntered.rejected.type }), replayEntered.rejected, salt);
    };
    expect(checked('é'.repeat(1000))?.body.data).toHaveProperty('checks');
    const draft = checked('é'.repeat(MAX_ENTRY_BYTES / 2));
    const whole = draft?.detached.find(({ pointer }) => pointer === '');
    expect(draft?.body.data).toEqual({ $digest: canonicalSha256(whole?.value) });
    expect(whole).toMatchObject({ salt: null, value: { checks: [{ name: 'posture' }] } });
  });

  it('entry draft - takes the replay as the story of everything that names it', () => {
    const replayId = newId('replay');
    const own = event(incidentOpened.sample, { aggregate: { kind: 'run', id: replayId, version: 1 } });
    expect(draftEntry(own, incidentOpened, salt)?.body.correlationId).toBe(replayId);
    const contract = [...EVENTS.values()].find(({ type }) => type === 'evt.runner.action.ended.v1');
    const named = event({ ...(contract?.sample as object), replayId }, { type: 'evt.runner.action.ended.v1' });
    expect(draftEntry(named, contract, salt)?.body.correlationId).toBe(replayId);
  });

  it('entry draft - seals what it cannot read as such, without its content', () => {
    const unreadable = {
      subject: 'evt.x.y.z.v1.org',
      headers: { a: 'Ada' },
      payloadBase64: 'QWRh',
      reason: 'header ce-id is missing',
    };
    const cases: [Envelope, typeof incidentOpened | undefined][] = [
      [event({ unreadable }, { orgId: 'nonsense' }), undefined],
      [event({ secret: 'Ada' }, { type: 'evt.x.y.z.v9' }), undefined],
      [event({ ...incidentOpened.sample, severity: 'Ada' }), incidentOpened as never],
    ];
    for (const [happened, contract] of cases) {
      const draft = draftEntry(happened, contract as never, salt);
      expect(draft?.body).toMatchObject({
        type: 'event.unreadable',
        category: 'audit',
        outcome: 'failed',
        subject: { kind: 'event', id: happened.id },
      });
      expect(canonicalJson(draft?.body)).not.toMatch(/Ada|QWRh/);
      expect(draft?.detached.length).toBeGreaterThan(0);
    }
    expect(draftEntry(cases[0][0], undefined, salt)?.log).toBe('-');
  });

  it('entry draft - survives times, ids and payloads that nobody should send', () => {
    let nested: unknown = 'x';
    for (let depth = 0; depth < 50_000; depth += 1) nested = [nested];
    const odd = event({ unreadable: { nested } }, { time: 'yesterday', correlationId: `a\0${'b'.repeat(9999)}` });
    const draft = draftEntry(odd, undefined, salt);
    expect(draft?.body).toMatchObject({ type: 'event.unreadable', at: '2026-05-05T05:05:05.000Z' });
    expect(draft?.body.correlationId).toBe(`a\ufffd${'b'.repeat(254)}`);
  });

  it('entry draft - skips what is not audited', () => {
    const contract = EVENTS.get('evt.runner.run.progressed.v1');
    expect(draftEntry(event(contract?.sample), contract, salt)).toBeUndefined();
  });

  it('entry draft - every audited contract makes an entry with its personal fields digested', () => {
    for (const contract of EVENTS.values()) {
      if (!contract.audit) continue;
      const draft = draftEntry(event(contract.sample, { type: contract.type }), contract, salt);
      expect(draft?.body.type).toBe(contract.audit.type);
      for (const { pointer, value } of draft?.detached ?? [])
        expect([contract.type, pointer, value]).toEqual([contract.type, pointer, expect.anything()]);
    }
  });

  it('denial - is recognised by outcome, code and count', () => {
    const denied = EVENTS.get('evt.gateway.access.denied.v1');
    const draft = draftEntry(event(denied?.sample, { type: 'evt.gateway.access.denied.v1' }), denied, salt);
    expect(draft && denialOf(draft)).toMatchObject({ log: ORG, code: 'forbidden', minute: '2026-01-02T03:04:00.000Z', count: 1 });
    const opened = draftEntry(event({ ...noteAdded.sample }, { type: noteAdded.type }), noteAdded, salt);
    expect(opened && denialOf(opened)).toBeUndefined();
  });
});
