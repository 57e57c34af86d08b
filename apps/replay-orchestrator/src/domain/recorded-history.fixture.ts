import type { ReplayState } from '@reenact/contracts';
import { next, type Step } from './replay.machine.js';
import type { ReplayRecord } from './replay.js';
import type { ReplayMessage } from './replay-message.js';

/** What a step said: later versions may say more in a command's data, never less or anything else. */
export interface Said {
  commands: { type: string; data: object }[];
  events: { type: string; version: number }[];
}

/** A line of a journal; since the second format with what was said. */
export interface RecordedLine {
  version: number;
  state: ReplayState;
  message: ReplayMessage | { type: 'requested'; at: string; replay: ReplayRecord };
  said?: Said;
}

export const saidBy = ({ commands, events }: Step): Said => ({
  commands: commands.map(({ contract, data }) => ({ type: contract.type, data })),
  events: events.map(({ contract, aggregate }) => ({ type: contract.type, version: aggregate.version })),
});

/** The steps of a history, played again from its first line. */
export function playAgain([first, ...lines]: readonly RecordedLine[]): { line: RecordedLine; step: Step }[] {
  if (first.message.type !== 'requested') throw new Error('a history begins with its request');
  let { replay } = first.message;
  return lines.map((line) => {
    const step = next(replay, line.message as ReplayMessage);
    replay = step.replay;
    return { line, step };
  });
}
