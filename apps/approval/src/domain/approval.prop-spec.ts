import fc from 'fast-check';
import { type ApprovalRecord, stateAt, type UseRecord } from './approval.js';
import { APPROVER, later, NOW, OTHER_REPLAY, REPLAY, reserveCommand, sampleApproval } from './approval.fixture.js';
import { decideApproval, expireApproval, releaseUse, reserveUse, revokeApproval, settleUse } from './approval.machine.js';

const replays = [REPLAY, OTHER_REPLAY];
const act = fc.record({
  what: fc.constantFrom('reserve', 'release', 'settle', 'revoke', 'expire'),
  replay: fc.constantFrom(...replays),
  minutes: fc.integer({ min: 0, max: 90 }),
});

describe('approval, any history', () => {
  it('approval - is used by at most one replay, never after a revoke or its time, and every use is final', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
        let approval: ApprovalRecord = decideApproval(sampleApproval(), {
          by: { kind: 'user', id: APPROVER },
          decision: 'approve',
          reason: 'x',
          at: NOW,
        }).approval;
        const uses = new Map<string, UseRecord>();
        const settled = new Set<string>();
        let minute = 0;
        for (const { what, replay, minutes } of acts) {
          minute = Math.max(minute, minutes);
          const at = later(minute * 60_000);
          const use = uses.get(replay);
          const was = stateAt(approval, at);
          if (what === 'expire') approval = expireApproval(approval, at).approval;
          else if (what === 'revoke') {
            if (was === 'approved') approval = revokeApproval(approval, at, 'x').approval;
          } else if (what === 'settle') {
            const { answer, step } = settleUse(approval, use, at);
            if (answer.settled && !settled.has(replay)) expect(was).toBe('approved');
            if (answer.settled) settled.add(replay);
            else expect(settled.has(replay)).toBe(false);
            if (step) {
              approval = step.approval;
              uses.set(replay, step.use);
            }
          } else {
            const step =
              what === 'reserve'
                ? reserveUse(approval, use, reserveCommand(approval, { replayId: replay }), at)
                : releaseUse(approval, use, replay);
            if (use && ['released', 'refused', 'used'].includes(use.state)) expect(step.use.state).toBe(use.state);
            expect(step.events.length > 0 || use?.state === 'used' || use?.state === 'refused').toBe(true);
            approval = step.approval;
            uses.set(replay, step.use);
          }
          const holders = [...uses.values()].filter(({ state }) => state === 'reserved' || state === 'used');
          expect(holders.length).toBeLessThanOrEqual(1);
          expect(settled.size).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});
