import { toldSwitch } from './told-switch.js';

const set = {
  state: 'stopped' as const,
  reason: 'The ticket system is down',
  changed_by: 'usr_1',
  changed_by_name: 'Olivia',
  changed_at: new Date('2026-11-23T12:00:00.000Z'),
};

describe('told switch', () => {
  it('says who turned it, when and why', () => {
    expect(toldSwitch(set)).toBe(
      'Olivia (usr_1) stopped the execution of the environment at 2026-11-23T12:00:00.000Z: The ticket system is down',
    );
  });

  it('does without a name or a reason', () => {
    expect(toldSwitch({ ...set, state: 'paused', reason: ' ', changed_by_name: null })).toBe(
      'usr_1 paused the execution of the environment at 2026-11-23T12:00:00.000Z',
    );
  });
});
