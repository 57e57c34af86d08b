import { newUuid } from '@reenact/contracts';
import { timelineWindow } from './timeline-window.js';

describe('timeline window', () => {
  it('holds ids made between an hour before the first sighting and the end', () => {
    const now = new Date();
    const id = newUuid();
    const at = (offset: number) => new Date(now.getTime() + offset);
    const open = timelineWindow({ firstSeenAt: now.toISOString(), state: 'open' }, now);
    expect(id > open.from && id < open.to).toBe(true);
    const later = timelineWindow({ firstSeenAt: at(2 * 60 * 60_000).toISOString(), state: 'open' }, now);
    expect(id > later.from).toBe(false);
    const ended = timelineWindow({ firstSeenAt: at(-60_000).toISOString(), state: 'resolved' }, at(-10_000));
    expect(id < ended.to).toBe(false);
    const ending = timelineWindow({ firstSeenAt: at(-60_000).toISOString(), state: 'resolved' }, at(10_000));
    expect(id < ending.to).toBe(true);
  });
});
