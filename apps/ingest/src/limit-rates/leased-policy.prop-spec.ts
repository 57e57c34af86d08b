import fc from 'fast-check';
import type { Booking, Report } from '../domain/permit-book.js';
import { LeasedPolicy } from './leased-policy.js';
import type { PermitLedger } from './permit-ledger.js';

const NOW = 1;

/** The shared ledger as its SQL has it, for one key and one window. Answers when the scheduler says so. */
function ledgerOf(scheduler: fc.Scheduler): PermitLedger {
  let used = 0;
  const answer = <T>(work: () => T) => scheduler.schedule(Promise.resolve()).then(work);
  const lease = (_key: unknown, { spent }: Report) =>
    answer(() => {
      used = Math.max(0, used + spent);
      return { window: 1, used, remainingMs: 60_000 };
    });
  const book = (_key: unknown, { cost, limit }: Booking) =>
    answer(() => {
      if (used > 0 && used + cost > limit) return undefined;
      used += cost;
      return used;
    });
  return { lease, book } as unknown as PermitLedger;
}

describe('leased-policy', () => {
  it('allows no more than the limit and one block per replica, however large things are and however answers are late', async () => {
    const takes = fc.array(fc.record({ replica: fc.nat(2), cost: fc.integer({ min: 1, max: 100 }) }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 100, max: 250 }), takes, async (scheduler, limit, asked) => {
        const ledger = ledgerOf(scheduler);
        const policies = Array.from({ length: 3 }, () => new LeasedPolicy('bytes', limit, ledger, () => NOW));
        let allowed = 0;
        const take = async ({ replica, cost }: (typeof asked)[number]) => {
          const state = await policies[replica].take('key', cost);
          if (state.allowed) allowed += cost;
        };
        await scheduler.waitFor(Promise.all(asked.map(take)));
        expect(allowed).toBeLessThanOrEqual(limit + policies.length * policies[0].block);
      }),
    );
  });

  it('refuses what does not fit only when it does not fit, one after the other', async () => {
    const costs = fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 50, max: 250 }), costs, async (scheduler, limit, asked) => {
        const ledger = ledgerOf(scheduler);
        const policy = new LeasedPolicy('bytes', limit, ledger, () => NOW);
        let used = 0;
        for (const cost of asked) {
          const { allowed, remaining } = await scheduler.waitFor(policy.take('key', cost));
          expect(allowed).toBe(used === 0 || used + cost <= limit);
          if (allowed) used += cost;
          expect(remaining).toBe(Math.max(0, limit - used));
        }
      }),
    );
  });
});
