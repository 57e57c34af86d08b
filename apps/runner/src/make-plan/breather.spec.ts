import { breather } from './breather.js';

describe('breather', () => {
  it('make-plan - pauses by the time that was worked, and lets timers run', async () => {
    let now = 0;
    const breathe = breather(() => now);
    let beats = 0;
    const pulse = setInterval(() => {
      beats += 1;
    }, 1);
    try {
      const pauses: number[] = [];
      while (beats === 0) {
        now += 10;
        const pause = breathe();
        if (pause) pauses.push(now);
        await pause;
      }
      expect(pauses.slice(0, 2)).toEqual([30, 60].slice(0, pauses.length));
    } finally {
      clearInterval(pulse);
    }
  });
});
