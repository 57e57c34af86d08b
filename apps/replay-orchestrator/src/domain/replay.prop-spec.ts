import { REPLAY_STATES, TERMINAL_STATES } from '@reenact/contracts';
import fc from 'fast-check';
import { EARLY, LATE, passedChecks, sampleDispatch, sampleReplay } from './replay.fixture.js';
import { next } from './replay.machine.js';
import type { ReplayMessage } from './replay-message.js';

const { approvalId } = sampleReplay();
const at = fc.constantFrom(EARLY, LATE);
const slotFree = fc.boolean();
const attempt = fc.integer({ min: 1, max: 3 });
const of = <T extends ReplayMessage['type']>(type: T, rest: object = {}) =>
  fc.record({ type: fc.constant(type), at, ...rest }) as unknown as fc.Arbitrary<ReplayMessage>;

const message = fc.oneof(
  of('taken_up'),
  ...[true, false].map((approval) =>
    of('checked', {
      checks: fc.constant(passedChecks(approval)),
      codes: fc.constantFrom([], [], ['dry_run_stale']),
      dispatch: fc.constant(sampleDispatch),
      slotFree,
    }),
  ),
  of('use_reserved', { approvalId: fc.constant(approvalId), slotFree }),
  of('use_refused', { approvalId: fc.constant(approvalId), code: fc.constant('approval_revoked') }),
  of('run_started', { attempt }),
  of('run_refused', { attempt, codes: fc.constant(['plan_mismatch']) }),
  of('run_withdrawn', { attempt, cause: fc.constantFrom('cancel', 'start_by') }),
  of('run_succeeded', { attempt }),
  of('run_failed', { attempt, codes: fc.constant([]) }),
  of('run_cancelled', { attempt }),
  of('run_indeterminate', { attempt, codes: fc.constant([]) }),
  of('cancel'),
  of('deadline'),
);

describe('replay machine, any history', () => {
  it('replay machine - events count versions, one run command at most, an end is an end', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('execute' as const, 'dry_run' as const),
        fc.array(message, { maxLength: 40 }),
        (mode, messages) => {
          let replay = sampleReplay({ mode });
          let runs = 0;
          for (const each of messages) {
            const before = replay;
            const step = next(before, each);
            replay = step.replay;
            expect(step.events.map(({ aggregate }) => aggregate.version)).toEqual(
              step.events.map((_, n) => before.version + 1 + n),
            );
            expect(replay.version).toBe(before.version + step.events.length);
            runs += step.commands.filter(({ contract }) => /execute|dry-run/.test(contract.type)).length;
            if (TERMINAL_STATES.includes(before.state)) expect(replay).toEqual(before);
            if (TERMINAL_STATES.includes(replay.state)) {
              expect(replay.holdsSlot).toBe(false);
              expect(replay.endedAt).toBeDefined();
              expect(replay.checks.some(({ outcome }) => outcome === 'pending')).toBe(false);
            }
            expect(replay.holdsSlot).toBe(mode === 'execute' && (replay.state === 'dispatching' || replay.state === 'running'));
            expect(replay.state === 'rejected').toBe(replay.rejection !== undefined);
            expect(REPLAY_STATES).toContain(replay.state);
          }
          expect(runs).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
