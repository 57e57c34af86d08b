import {
  CONTRACTS,
  contextFromHeaders,
  fromHeaders,
  isId,
  newId,
  Problem,
  PROBLEMS,
  RequestApproval,
  toHeaders,
  validate,
} from './index.js';
import { durationMs } from './duration.js';
import { canonicalJson } from './canonical-json.js';

describe('contracts', () => {
  it.each(CONTRACTS.map((contract) => [contract.kind === 'rpc' ? contract.subject : contract.type, contract] as const))(
    '%s - its sample is valid and holds no unknown field',
    (_name, contract) => {
      const type = contract.kind === 'rpc' ? contract.request : contract.payload;
      const read = validate(type, contract.sample, { unknownFields: 'refuse' });
      expect(JSON.parse(canonicalJson(JSON.parse(JSON.stringify(read))))).toEqual(JSON.parse(JSON.stringify(contract.sample)));
    },
  );

  it('names every subject once', () => {
    const subjects = CONTRACTS.map((contract) => (contract.kind === 'rpc' ? contract.subject : contract.type));
    expect(subjects).toEqual([...new Set(subjects)]);
    expect(subjects.length).toBeGreaterThan(90);
  });
});

describe('validate', () => {
  it('names each wrong field by its path, unknown ones too', () => {
    const contract = CONTRACTS.find((c) => c.kind === 'rpc' && c.subject === 'rpc.replay-orchestrator.replay.request');
    if (contract?.kind !== 'rpc') throw new Error('no such contract');
    const wrong = { ...contract.sample, mode: 'maybe', selection: { lastN: 0 }, extra: 1 };
    try {
      validate(contract.request, wrong, { unknownFields: 'refuse' });
      throw new Error('should have been refused');
    } catch (error) {
      expect(error).toBeInstanceOf(Problem);
      expect((error as Problem).code).toBe('validation_failed');
      expect((error as Problem).options.errors?.map((e) => e.path).sort()).toEqual(['/extra', '/mode', '/selection/lastN']);
    }
  });

  it('says one thing of each wrong field, in words', () => {
    const said = (plain: object) => {
      try {
        validate(
          RequestApproval,
          { action: 'replay_execute', ttl: 'PT1H', reason: 'why', ...plain },
          { unknownFields: 'refuse' },
        );
      } catch (error) {
        return (error as Problem).options.errors;
      }
      return [];
    };
    expect(said({ action: undefined, ttl: undefined, reason: undefined })).toEqual([
      { path: '/action', message: 'action is required' },
      { path: '/ttl', message: 'ttl is required' },
      { path: '/reason', message: 'reason is required' },
    ]);
    expect(said({ ttl: '1h' })).toEqual([{ path: '/ttl', message: 'ttl must be like PT1H' }]);
    expect(said({ ttl: null, reason: 7 })).toEqual([
      { path: '/ttl', message: 'ttl must be a string' },
      { path: '/reason', message: 'reason must be a string' },
    ]);
    expect(said({ selection: { fromOffset: 'a' } })).toEqual([
      { path: '/selection/fromOffset', message: 'fromOffset must be an integer number' },
    ]);
  });

  it('refuses characters that no database keeps', () => {
    const contract = CONTRACTS.find((c) => c.kind === 'rpc' && c.subject === 'rpc.incident.incident.open');
    if (contract?.kind !== 'rpc') throw new Error('no such contract');
    for (const wrong of [
      { title: 'a\0b' },
      { title: 'a\ud800b' },
      { labels: { a: '\0' } },
      { labels: { '\0': 'a' } },
      { labels: { a: '\udc00' } },
    ]) {
      expect(() => validate(contract.request, { ...contract.sample, ...wrong }, { unknownFields: 'refuse' })).toThrow(Problem);
    }
  });

  it('takes null only where a field is nullable, and nothing but objects', () => {
    const contract = CONTRACTS.find((c) => c.kind === 'rpc' && c.subject === 'rpc.incident.incident.update');
    if (contract?.kind !== 'rpc') throw new Error('no such contract');
    expect(() => validate(contract.request, { ...contract.sample, assignee: null }, { unknownFields: 'refuse' })).not.toThrow();
    expect(() => validate(contract.request, { ...contract.sample, title: null }, { unknownFields: 'refuse' })).toThrow(Problem);
    for (const body of [null, [], 'text', 1, undefined]) {
      expect(() => validate(contract.request, body, { unknownFields: 'refuse' })).toThrow(Problem);
    }
  });
});

describe('envelope', () => {
  it('survives its headers', () => {
    const envelope = {
      id: 'id-1',
      type: 'evt.ingest.artifact.stored.v1',
      source: 'ingest',
      time: '2026-11-23T12:00:00.000Z',
      aggregate: { kind: 'artifact', id: 'art_1', version: 3 },
      orgId: 'org_1',
      environmentId: 'env_1',
      actor: { kind: 'user' as const, id: 'usr_1', name: 'Žofie / Ops' },
      correlationId: 'rpl_1',
      requestId: 'req_1',
      data: { a: 1 },
    };
    const headers = toHeaders(envelope);
    expect(fromHeaders((name) => headers[name], envelope.data)).toEqual(envelope);
    expect(contextFromHeaders(() => undefined)).toBeUndefined();
    expect(() => fromHeaders((name) => (name === 'ce-actor' ? undefined : headers[name]), {})).toThrow('ce-actor');
  });
});

describe('ids', () => {
  it('know their kind and nothing malformed', () => {
    const id = newId('artifact');
    expect(isId('artifact', id)).toBe(true);
    expect(isId('agent', id)).toBe(false);
    for (const wrong of [id.toUpperCase(), `${id}0`, 'art_', '', null, {}, `art_8${id.slice(5)}`])
      expect(isId('artifact', wrong)).toBe(false);
  });
});

describe('problem', () => {
  it('crosses a process border as a document', () => {
    const problem = new Problem('forbidden', { detail: 'no', members: { requiredRole: 'approver' }, remedy: 'ask' });
    const document = problem.toDocument('req_1');
    expect(document).toMatchObject({ status: 403, code: 'forbidden', requiredRole: 'approver', instance: 'req_1' });
    expect(Problem.fromDocument(document).toDocument('req_1')).toEqual(document);
    expect(Problem.fromDocument({ ...document, code: 'made_up' }).code).toBe('internal');
    expect(Object.keys(PROBLEMS)).toEqual([...new Set(Object.keys(PROBLEMS))]);
  });
});

describe('duration', () => {
  it('reads ISO 8601 days to seconds and nothing else', () => {
    expect(durationMs('PT15M')).toBe(900_000);
    expect(durationMs('P1DT2H3M4S')).toBe(((26 * 60 + 3) * 60 + 4) * 1000);
    for (const wrong of ['P', 'PT', 'P1Y', '15M', '-PT1M', 'PT1.5M']) expect(() => durationMs(wrong)).toThrow(RangeError);
  });
});
