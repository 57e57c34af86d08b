import { existsSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '../../../..');

/** What an app is started from, as it ships. */
export function mainOf(app: string): string {
  const path = join(ROOT, 'apps', app, 'dist/main.js');
  if (!existsSync(path)) throw new Error(`${path} is not there: npm run build`);
  return path;
}

/** The environment of a process that shall know nothing of this one but where programs are. */
export function bareEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR, REENACT_NATS_SERVER } = process.env;
  return { PATH, HOME, TMPDIR, REENACT_NATS_SERVER };
}
