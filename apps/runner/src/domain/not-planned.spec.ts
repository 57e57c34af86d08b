import { notPlanned } from './not-planned.js';

describe('not planned', () => {
  it.each([
    ['plan', 'rejected', 'It has ended (rejected) without a plan, and never will have one'],
    ['plan', 'dispatching', 'It is dispatching: its plan is made when it runs'],
    ['report', 'running', 'It is running: its report is made when its run ends'],
  ] as const)('not planned - a %s of one that is %s', (wanted, state, detail) => {
    const { code, options } = notPlanned(wanted, state);
    expect({ code, detail: options.detail }).toEqual({ code: 'replay_not_planned', detail });
    expect(options.members).toMatchObject({ state, allowed: expect.arrayContaining(['succeeded']) });
  });

  it('not planned - where nobody knows the replay it says no more than that', () => {
    expect(notPlanned('plan', undefined).options).toMatchObject({ detail: 'It has no plan now', members: { state: 'unknown' } });
  });
});
