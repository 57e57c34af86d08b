import { DECISIONS, type Decision, type Posture, TIERS } from '@reenact/contracts';
import fc from 'fast-check';
import { type DecideInput, decide, loosens, samePosture } from './index.js';
import { strictness } from './strictness.js';

const decision = fc.constantFrom(...DECISIONS);
const capability = fc.constantFrom('http:a', 'http:b', 'http:c', 'nats:a', 'nats:b');
const key = fc.constantFrom('*', 'http:*', 'nats:*', 'http:a', 'http:b', 'nats:a');
const duration = fc.constantFrom('PT1H', 'PT4H', 'P1D', 'P90D');
const hour = fc.integer({ min: 0, max: 12 });
const at = (hours: number) => new Date(Date.UTC(2026, 10, 23, hours)).toISOString();
const freeze = fc
  .tuple(hour, fc.integer({ min: 1, max: 6 }))
  .map(([from, length]) => ({ from: at(from), to: at(from + length), reason: 'sale' }));

const posture: fc.Arbitrary<Posture> = fc.record({
  tier: fc.constantFrom(...TIERS),
  replay: fc.record({
    dryRun: fc.constantFrom('allow' as const, 'require_approval' as const, 'deny' as const),
    execute: decision,
    otherVersion: decision,
  }),
  requireDryRun: fc.boolean(),
  dryRunMaxAge: duration,
  approval: fc.record({ approvers: fc.integer({ min: 1, max: 3 }), maxTtl: duration }),
  capabilities: fc.dictionary(key, decision, { maxKeys: 4, noNullPrototype: true }),
  freezes: fc.array(freeze, { maxLength: 3 }),
  maxConcurrentExecutes: fc.integer({ min: 1, max: 3 }),
  retention: fc.record({ artifacts: duration }),
});

const question: fc.Arbitrary<Omit<DecideInput, 'posture'>> = fc.record({
  mode: fc.constantFrom('dry_run' as const, 'execute' as const),
  otherVersion: fc.boolean(),
  capabilities: fc.uniqueArray(capability, { maxLength: 3 }),
  now: fc.integer({ min: 0, max: 20 * 60 }).map((minutes) => new Date(Date.UTC(2026, 10, 23, 0, minutes))),
});

/** Weakest to strictest of what a caller can notice. */
const rank = (input: DecideInput) => {
  const { decision, needsDryRun } = decide(input);
  return { decision: strictness(decision), dryRun: Number(needsDryRun) };
};
const notLooser = (before: DecideInput, after: DecideInput) => {
  expect(rank(after).decision).toBeGreaterThanOrEqual(rank(before).decision);
  expect(rank(after).dryRun).toBeGreaterThanOrEqual(rank(before).dryRun);
};

/** One value of the posture, made stricter or left at its strictest. */
const tighten = (of: Posture, pick: number): Posture => {
  const stricter = (was: Decision): Decision => DECISIONS[Math.min(DECISIONS.indexOf(was) + 1, 3)];
  const keys = Object.keys(of.capabilities);
  const keyOf = keys[pick % Math.max(keys.length, 1)];
  return [
    { ...of, replay: { ...of.replay, dryRun: of.replay.dryRun === 'allow' ? ('require_approval' as const) : ('deny' as const) } },
    { ...of, replay: { ...of.replay, execute: stricter(of.replay.execute) } },
    { ...of, replay: { ...of.replay, otherVersion: stricter(of.replay.otherVersion) } },
    { ...of, requireDryRun: true },
    { ...of, freezes: [...of.freezes, { from: at(0), to: at(24), reason: 'more' }] },
    keyOf === undefined ? of : { ...of, capabilities: { ...of.capabilities, [keyOf]: stricter(of.capabilities[keyOf]) } },
  ][pick % 6];
};

describe('posture', () => {
  it('a stricter value never loosens the outcome, nor counts as loosening', () => {
    fc.assert(
      fc.property(posture, question, fc.nat(1000), (before, asked, pick) => {
        const after = tighten(before, pick);
        notLooser({ posture: before, ...asked }, { posture: after, ...asked });
        expect(loosens(before, after)).toEqual([]);
      }),
    );
  });

  it('a freeze beats everything', () => {
    fc.assert(
      fc.property(posture, question, (of, asked) => {
        const frozen = { ...of, freezes: [...of.freezes, { from: at(0), to: at(24), reason: 'sale' }] };
        const answer = decide({ posture: frozen, ...asked, mode: 'execute' });
        expect(answer).toMatchObject({ decision: 'deny', needsApproval: false });
        expect(answer.codes[0]).toBe('environment_frozen');
        const { frozen: _frozen, ...dryRun } = decide({ posture: frozen, ...asked, mode: 'dry_run' });
        expect(dryRun).toEqual(decide({ posture: of, ...asked, mode: 'dry_run' }));
      }),
    );
  });

  it('codes say exactly when it is denied', () => {
    fc.assert(
      fc.property(posture, question, (of, asked) => {
        const { decision, codes } = decide({ posture: of, ...asked });
        expect(codes.length > 0).toBe(decision === 'deny' || decision === 'dry_run_only');
      }),
    );
  });

  it('a change that loosens nothing makes no outcome looser', () => {
    fc.assert(
      fc.property(posture, posture, question, (before, after, asked) => {
        fc.pre(loosens(before, after).length === 0 || samePosture(before, after));
        notLooser({ posture: before, ...asked }, { posture: after, ...asked });
      }),
      { numRuns: 60, maxSkipsPerRun: 2000 },
    );
  });

  it('a looser outcome is always named', () => {
    fc.assert(
      fc.property(posture, posture, question, (before, after, asked) => {
        const [was, is] = [rank({ posture: before, ...asked }), rank({ posture: after, ...asked })];
        if (is.decision < was.decision || is.dryRun < was.dryRun) expect(loosens(before, after)).not.toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  it('a capability that is named is looser when nothing else speaks', () => {
    const alone = (of: Posture): Posture => ({ ...of, replay: { ...of.replay, execute: 'allow' }, freezes: [] });
    fc.assert(
      fc.property(posture, posture, (before, after) => {
        for (const name of loosens(before, after)) {
          if (!name.startsWith('capabilities.')) continue;
          const asked = { mode: 'execute' as const, otherVersion: false, now: new Date(0) };
          const capabilities = [name.slice('capabilities.'.length).replace('*', 'zzz')];
          const was = rank({ posture: alone(before), ...asked, capabilities });
          expect(rank({ posture: alone(after), ...asked, capabilities }).decision).toBeLessThan(was.decision);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('freezes may be split, but not shortened, and past ones do not count', () => {
    fc.assert(
      fc.property(posture, freeze, hour, (base, one, cut) => {
        const before = { ...base, freezes: [one] };
        const middle = at(cut);
        fc.pre(middle > one.from && middle < one.to);
        const split = [
          { ...one, from: middle },
          { ...one, to: middle },
        ];
        expect(loosens(before, { ...base, freezes: split })).toEqual([]);
        expect(loosens(before, { ...base, freezes: [split[0]] })).toEqual(['freezes']);
        expect(loosens(before, { ...base, freezes: [split[0]] }, new Date(middle))).toEqual([]);
      }),
    );
  });
});
