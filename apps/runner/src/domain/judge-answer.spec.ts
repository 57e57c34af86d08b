import fc from 'fast-check';
import { type Attempted, judgeAnswer, MAX_ATTEMPTS, MAX_NOT_SENT, retryDelay } from './judge-answer.js';
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
    [{ kind: 'answered', status: 503 }, false, 1, 'indeterminate'],
    [{ kind: 'answered', status: 524 }, false, 1, 'indeterminate'],
    [{ kind: 'answered', status: 303 }, false, 1, 'indeterminate'],
    [{ kind: 'answered', status: 303 }, true, 1, 'failed'],
    [{ kind: 'answered', status: 307 }, false, 1, 'failed'],
    [{ kind: 'answered', status: 429 }, true, MAX_ATTEMPTS, 'failed'],
    [{ kind: 'answered', status: 500 }, false, 1, 'failed'],
    [{ kind: 'answered', status: 408 }, false, 1, 'indeterminate'],
    [{ kind: 'answered', status: 502 }, false, 1, 'indeterminate'],
    [{ kind: 'answered', status: 504 }, false, 1, 'indeterminate'],
    [{ kind: 'answered', status: 408 }, true, 1, 'retry'],
    [{ kind: 'answered', status: 504 }, true, MAX_ATTEMPTS, 'failed'],
    [{ kind: 'not_sent', reason: 'refused' }, false, 1, 'retry'],
    [{ kind: 'not_sent', reason: 'refused' }, false, MAX_ATTEMPTS, 'retry'],
    [{ kind: 'not_sent', reason: 'refused' }, true, MAX_NOT_SENT, 'failed'],
    [{ kind: 'not_sent', reason: 'too long', final: true }, true, 1, 'failed'],
    [{ kind: 'unknown', reason: 'reset' }, false, 1, 'indeterminate'],
    [{ kind: 'unknown', reason: 'reset' }, true, 1, 'retry'],
  ] as const)('%j, idempotent %s, attempt %d -> %s', (what, idempotent, attempts, verdict) => {
    expect(judgeAnswer(what, { idempotent, sent: attempts, notSent: attempts })).toBe(verdict);
  });

  it('never sends twice what may have arrived and is not idempotent', () => {
    fc.assert(
      fc.property(attempted, fc.nat(20), fc.nat(20), (what, sent, notSent) => {
        const verdict = judgeAnswer(what, { idempotent: false, sent, notSent });
        expect(verdict === 'retry' ? what.kind : 'not_sent').toBe('not_sent');
      }),
    );
  });

  it('gives up in the end', () => {
    fc.assert(
      fc.property(attempted, fc.boolean(), (what, idempotent) => {
        expect(judgeAnswer(what, { idempotent, sent: MAX_ATTEMPTS, notSent: MAX_NOT_SENT })).not.toBe('retry');
      }),
    );
  });

  it('pauses longer and longer, and bears half a minute in which nothing can be sent', () => {
    const delays = Array.from({ length: MAX_NOT_SENT - 1 }, (_, i) => retryDelay(i + 1));
    expect(delays.slice(0, 7)).toEqual([200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
    expect(delays.reduce((sum, delay) => sum + delay, 0)).toBe(31_200);
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
