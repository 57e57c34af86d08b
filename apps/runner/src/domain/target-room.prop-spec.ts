import fc from 'fast-check';
import { waitForRoom } from './target-room.js';

const limit = fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined });
const step = fc.record({ after: fc.integer({ min: 0, max: 700 }), ends: fc.boolean(), ahead: fc.integer({ min: 0, max: 3 }) });

describe('target-room', () => {
  it('never has more under way, nor more begins in any second, and lets in whom nothing keeps out', () => {
    fc.assert(
      fc.property(fc.record({ concurrency: limit, perSecond: limit }), fc.array(step, { maxLength: 60 }), (limits, steps) => {
        const { concurrency = Number.POSITIVE_INFINITY, perSecond = Number.POSITIVE_INFINITY } = limits;
        const begins: number[] = [];
        let underWay = 0;
        let now = 0;
        for (const { after, ends, ahead } of steps) {
          now += after;
          if (ends && underWay > 0) underWay -= 1;
          const recent = begins.filter((at) => at > now - 1000).length;
          const wait = waitForRoom(limits, { underWay, begins, ahead }, now);
          expect(wait === 0).toBe(underWay + ahead < concurrency && recent + ahead < perSecond);
          if (wait > 0) continue;
          begins.push(now);
          underWay += 1;
        }
      }),
    );
  });

  it('tells the moment from which the rate has room, when nothing else is in the way', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.integer({ min: 0, max: 999 }), { minLength: 1, maxLength: 10 }),
        fc.integer({ min: 0, max: 3 }),
        (perSecond, begins, ahead) => {
          const use = { underWay: 0, begins, ahead };
          const wait = waitForRoom({ perSecond }, use, 999);
          if (wait === 0) return;
          expect(wait === Number.POSITIVE_INFINITY).toBe(ahead >= perSecond);
          if (wait === Number.POSITIVE_INFINITY) return;
          expect(waitForRoom({ perSecond }, use, 999 + wait)).toBe(0);
          expect(waitForRoom({ perSecond }, use, 999 + wait - 1)).toBeGreaterThan(0);
        },
      ),
    );
  });
});
