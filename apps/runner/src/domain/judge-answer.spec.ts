import fc from 'fast-check';
import { type Attempted, judgeAnswer, MAX_ATTEMPTS, retryDelay } from './judge-answer.js';
import { judgeLeftover } from './judge-leftover.js';

const attempted = fc.oneof(
  fc.record({ kind: fc.constant('answered' as const), status: fc.integer({ min: 100, max: 599 }) }),
  fc.record({ kind: fc.constant('not_sent' as const), reason: fc.string() }),
  fc.record({ kind: fc.constant('unknown' as const), reason: fc.string() }),
) as fc.Arbitrary<Attempted>;

describe('judge-answer', () => {
  it.each([
    [{ kind: 'answered', status: 201 }, false, 1, 'done'],
    [{ kind: 'answered', status: 302 }, true, 1, 'failed'],
    [{ kind: 'answered', status: 404 }, true, 1, 'failed'],
    [{ kind: 'answered', status: 503 }, true, 1, 'retry'],
    [{ kind: 'answered', status: 503 }, false, 1, 'failed'],
    [{ kind: 'answered', status: 429 }, true, MAX_ATTEMPTS, 'failed'],
    [{ kind: 'not_sent', reason: 'refused' }, false, 1, 'retry'],
    [{ kind: 'unknown', reason: 'reset' }, false, 1, 'indeterminate'],
    [{ kind: 'unknown', reason: 'reset' }, true, 1, 'retry'],
  ] as const)('%j, idempotent %s, attempt %d -> %s', (what, idempotent, attempts, verdict) => {
    expect(judgeAnswer(what, { idempotent, attempts })).toBe(verdict);
  });

  it('never sends twice what may have arrived and is not idempotent', () => {
    fc.assert(
      fc.property(attempted, fc.integer({ min: 1, max: 9 }), (what, attempts) => {
        const verdict = judgeAnswer(what, { idempotent: false, attempts });
        expect(verdict === 'retry' ? what.kind : 'not_sent').toBe('not_sent');
      }),
    );
  });

  it('gives up in the end', () => {
    fc.assert(
      fc.property(attempted, fc.boolean(), (what, idempotent) => {
        expect(judgeAnswer(what, { idempotent, attempts: MAX_ATTEMPTS })).not.toBe('retry');
      }),
    );
    expect([1, 2].map(retryDelay)).toEqual([200, 400]);
  });
});

describe('judge-leftover', () => {
  const sendBy = new Date('2026-01-01T00:00:05.000Z');
  const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));

  it('waits until the first sender must have given up', () => {
    expect(judgeLeftover({ sendBy, idempotent: true }, at(6), 10_000)).toEqual({ kind: 'wait', milliseconds: 9_000 });
    expect(judgeLeftover({ sendBy, idempotent: false }, at(14), 10_000)).toEqual({ kind: 'wait', milliseconds: 1_000 });
  });

  it('then repeats what is idempotent and leaves the rest to a person', () => {
    expect(judgeLeftover({ sendBy, idempotent: true }, at(15), 10_000)).toEqual({ kind: 'retry' });
    expect(judgeLeftover({ sendBy, idempotent: false }, at(15), 10_000)).toEqual({ kind: 'indeterminate' });
  });
});
