import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execute } from '@reenact/contracts';
import { TABLE } from './replay.machine.js';
import { playAgain, type RecordedLine, type Said, saidBy } from './recorded-history.fixture.js';

// Recorded by `REENACT_RECORD_HISTORIES=<directory>` and the integration test, in the format that the name ends with; added to, never edited.
const directory = join(__dirname, 'histories');
const files = readdirSync(directory);
const read = (file: string) => JSON.parse(readFileSync(join(directory, file), 'utf8')) as RecordedLine[];

const isExecute = ({ type }: Said['commands'][number]) => type === execute.type;

describe('recorded histories', () => {
  it.each(files)('replay machine - plays %s again', (file) => {
    const played = playAgain(read(file));
    expect(played.length).toBeGreaterThan(0);
    for (const { line, step } of played) {
      const { state, version } = step.replay;
      expect({ changed: step.changed, state, version }).toEqual({ changed: true, state: line.state, version: line.version });
      if (file.endsWith('.v1.json')) continue;
      const said = JSON.parse(JSON.stringify(saidBy(step))) as Said;
      expect(said).toMatchObject(line.said as Said);
      // The runner asks by digest whether its command was sent, also when a newer orchestrator answers.
      expect(said.commands.filter(isExecute)).toEqual(line.said?.commands.filter(isExecute));
    }
  });

  it('replay machine - every message of the table is in some history that says what was said', () => {
    const histories = files.filter((file) => file.endsWith('.v2.json')).map(read);
    const types = new Set(histories.flatMap((lines) => lines.map(({ message }) => message.type)));
    expect([...new Set(TABLE.map(({ on }) => on))].filter((type) => !types.has(type))).toEqual([]);
  });

  it('replay machine - a command that is not sent any more is found out', () => {
    const [file] = files.filter((name) => name.endsWith('cancel-use-reserved-cancelled.v2.json'));
    const { line, step } = playAgain(read(file)).at(-1) as ReturnType<typeof playAgain>[number];
    expect(line.said?.commands.map(({ type }) => type)).toEqual(['cmd.approval.use.release.v1']);
    expect(saidBy({ ...step, commands: [] })).not.toMatchObject(line.said as object);
  });
});
