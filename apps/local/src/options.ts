import { parseArgs } from 'node:util';
import { resolve } from 'node:path';

export interface LocalOptions {
  home: string;
  /** Play the sample incident after the start. */
  demo: boolean;
  /** Stop after the demo; the exit code says whether every step was as expected. */
  exit: boolean;
  /** Every service as a process of its own, as in production. */
  separate: boolean;
  natsUrl?: string;
  databaseUrl?: string;
}

export const USAGE = `Usage: npm start -- [options]

  --no-demo     start everything, play nothing
  --exit        stop after the sample incident; exit code 0 only if every step was as expected
  --separate    run every service as a process of its own
  --help        show this

State is kept in REENACT_HOME (default .reenact). See README.md for the other variables.`;

/** Flags of a run, and what it starts or is given. Throws an Error that says which flag is wrong. */
export function readOptions(args: string[], env: NodeJS.ProcessEnv): LocalOptions | 'help' {
  const values = readFlags(args);
  if (values.help) return 'help';
  if (values['no-demo'] && values.exit) throw new Error('--exit stops after the demo: it cannot go with --no-demo');
  return {
    home: resolve(env.INIT_CWD ?? '.', env.REENACT_HOME || '.reenact'),
    demo: !values['no-demo'],
    exit: values.exit ?? false,
    separate: values.separate ?? false,
    natsUrl: env.REENACT_NATS_URL || undefined,
    databaseUrl: env.REENACT_DATABASE_URL || undefined,
  };
}

function readFlags(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        'no-demo': { type: 'boolean' },
        exit: { type: 'boolean' },
        separate: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    return values;
  } catch (error) {
    // Node goes on about arguments that begin with a dash.
    const [what] = (error as Error).message.split('. ');
    throw new Error(`${what}. npm start -- --help shows the options.`, { cause: error });
  }
}
