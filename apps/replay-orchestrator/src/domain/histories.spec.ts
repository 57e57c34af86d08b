import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReplayState } from '@reenact/contracts';
import { next } from './replay.machine.js';
import type { ReplayRecord } from './replay.js';
import type { ReplayMessage } from './replay-message.js';

type Line = {
  version: number;
  state: ReplayState;
  message: ReplayMessage | { type: 'requested'; at: string; replay: ReplayRecord };
};

// Recorded by `REENACT_RECORD_HISTORIES=<directory>` and the integration test of the release that the name ends with; never edited.
const directory = join(__dirname, 'histories');

describe('recorded histories', () => {
  it.each(readdirSync(directory))('replay machine - plays %s again', (file) => {
    const [first, ...lines] = JSON.parse(readFileSync(join(directory, file), 'utf8')) as Line[];
    if (first.message.type !== 'requested') throw new Error('a history begins with its request');
    let { replay } = first.message;
    for (const { message, state, version } of lines) {
      const step = next(replay, message as ReplayMessage);
      replay = step.replay;
      expect({ changed: step.changed, state: replay.state, version: replay.version }).toEqual({ changed: true, state, version });
    }
    expect(lines.length).toBeGreaterThan(0);
  });
});
