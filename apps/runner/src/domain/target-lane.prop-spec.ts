import fc from 'fast-check';
import { TargetLane } from './target-lane.js';

const limit = fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined });
const step = fc.record({ after: fc.integer({ min: 0, max: 700 }), ends: fc.boolean() });

describe('target-lane', () => {
  it('never has more under way, nor more begins in any second, and lets in whom nothing keeps out', () => {
    fc.assert(
      fc.property(fc.record({ concurrency: limit, perSecond: limit }), fc.array(step, { maxLength: 60 }), (limits, steps) => {
        const lane = new TargetLane(limits);
        const begins: number[] = [];
        let underWay = 0;
        let now = 0;
        for (const { after, ends } of steps) {
          now += after;
          if (ends && underWay > 0) {
            lane.end();
            underWay -= 1;
          }
          const recent = begins.filter((at) => at > now - 1000).length;
          const full = underWay >= (limits.concurrency ?? Number.POSITIVE_INFINITY);
          const wait = lane.take(now);
          expect(wait > 0).toBe(full || recent >= (limits.perSecond ?? Number.POSITIVE_INFINITY));
          if (wait > 0) {
            expect(wait === Number.POSITIVE_INFINITY).toBe(full);
            continue;
          }
          begins.push(now);
          underWay += 1;
        }
        expect(lane.isIdle(now)).toBe(
          underWay === 0 && (limits.perSecond === undefined || (begins.at(-1) ?? -1000) <= now - 1000),
        );
      }),
    );
  });
});
