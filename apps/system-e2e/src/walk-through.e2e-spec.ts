import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LocalHome } from './harness/local-home.js';
import { bareEnvironment } from './harness/workspace.js';

const PLAY_MS = 180_000;
const PAGE = join(__dirname, '../../../docs/replays.md');

/** The commands of the page, as a person runs them one after the other. */
const commands = [...readFileSync(PAGE, 'utf8').matchAll(/^```sh\n(.*?)^```/gms)].map((match) => match[1]).join('\n');

describe('docs/replays.md', () => {
  const home = new LocalHome();
  afterAll(() => home.close());

  it('docs/replays.md - its commands do what it says beside a running npm start', async () => {
    const run = home.begin([]);
    await run.find((lines) => lines.find((line) => line.startsWith('Ctrl-C')), PLAY_MS);
    const env = { ...bareEnvironment(), REENACT_HOME: home.path };
    const { stdout, stderr } = await promisify(execFile)('bash', ['--norc', '-euo', 'pipefail', '-c', commands], {
      env,
      timeout: 60_000,
    });
    expect(stderr).toBe('');
    expect(stdout.match(/^succeeded$/gm)).toHaveLength(2);
    // The one answer that the page calls a refusal.
    expect(stdout.match(/reenact\.dev\/problems\/\w+/g)).toEqual(['reenact.dev/problems/replay_not_indeterminate']);
    for (const part of ['"planDigest"', '"divergences"', '"decision":"approve"', '"byReplay"', '"state":"paused"']) {
      expect(stdout).toContain(part);
    }
    expect(await run.stop('SIGINT')).toEqual({ code: 0, signal: null });
    await home.nothingLeft();
  });
});
