import { Logger } from '@nestjs/common';
import { eventually } from '@reenact/testing';
import { WorkLoop } from './work-loop.js';

const HOUR = 3_600_000;

beforeAll(() => Logger.overrideLogger(false));

describe('work-loop', () => {
  it('looks again at once while there is work, then waits for a nudge', async () => {
    let left = 3;
    let turns = 0;
    const work = async () => {
      turns += 1;
      return left > 0 ? left-- : 0;
    };
    const loop = new WorkLoop({ name: 'test', intervalMs: HOUR, work }).start();
    await eventually(() => expect(turns).toBe(4));
    left = 1;
    loop.nudge();
    await eventually(() => expect(turns).toBe(6));
    await loop.stop();
  });

  it('does not lose a nudge that comes during a turn', async () => {
    let turns = 0;
    const loop: WorkLoop = new WorkLoop({
      name: 'test',
      intervalMs: HOUR,
      work: async () => {
        turns += 1;
        if (turns === 1) loop.nudge();
        return 0;
      },
    });
    loop.start();
    await eventually(() => expect(turns).toBe(2));
    await loop.stop();
  });

  it('rests after a turn that did something, whatever nudges come, and ends its rest when it is stopped', async () => {
    let turns = 0;
    const work = async () => {
      turns += 1;
      return 1;
    };
    const loop = new WorkLoop({ name: 'test', intervalMs: 1, restMs: HOUR, work }).start();
    await eventually(() => expect(turns).toBe(1));
    loop.nudge();
    await new Promise((resolve) => setImmediate(resolve));
    await loop.stop();
    expect(turns).toBe(1);
  });

  it('looks again after its rest', async () => {
    let turns = 0;
    const work = async () => {
      turns += 1;
      return turns < 3 ? 1 : 0;
    };
    const loop = new WorkLoop({ name: 'test', intervalMs: HOUR, restMs: 1, work }).start();
    await eventually(() => expect(turns).toBe(3));
    await loop.stop();
  });

  it('goes on after a failed turn', async () => {
    let turns = 0;
    const work = () => {
      turns += 1;
      return turns === 1 ? Promise.reject(new Error('once')) : Promise.resolve(0);
    };
    const loop = new WorkLoop({ name: 'test', intervalMs: 1, work }).start();
    await eventually(() => expect(turns).toBeGreaterThan(1));
    await loop.stop();
  });

  it('awaits the running turn at a stop and begins no other', async () => {
    let turns = 0;
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const loop = new WorkLoop({
      name: 'test',
      intervalMs: 1,
      work: async () => {
        turns += 1;
        await gate;
        return 1;
      },
    }).start();
    await eventually(() => expect(turns).toBe(1));
    let stopped = false;
    const stopping = loop.stop().then(() => {
      stopped = true;
    });
    await Promise.resolve();
    expect(stopped).toBe(false);
    release();
    await stopping;
    expect(turns).toBe(1);
  });
});
