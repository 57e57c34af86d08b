import { createRequire } from 'node:module';
import { playSampleIncident } from './demo/play-sample-incident.js';
import { startLocal } from './local.js';
import { type LocalOptions, readOptions, USAGE } from './options.js';
import { logFile } from './service-environment.js';

const SAME_SIGNAL_MS = 500;

const print = (line: string) => void process.stdout.write(`${line}\n`);

async function run(options: LocalOptions): Promise<number> {
  const begin = performance.now();
  let endEarly: (code: number) => void = () => undefined;
  const interrupted = new Promise<number>((resolve) => {
    endEarly = resolve;
  });
  let first = 0;
  const interrupt = () => {
    // Under npm one Ctrl-C comes twice at once; a later one does not wait: what is left is stopped by the next start.
    if (first > 0 && performance.now() - first > SAME_SIGNAL_MS) process.exit(130);
    first ||= performance.now();
    endEarly(0);
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  const onExit = (reason: string) => {
    print(`\n${reason}. See ${logFile(options.home)}`);
    endEarly(1);
  };

  const tell = (line: string) => print(`  ${line}`);
  print('Reenact is starting on this machine ...');
  const local = await startLocal(options, { env: process.env, resolveFrom: import.meta.url, tell, onExit });
  const { connection } = local;
  print(
    `Ready in ${((performance.now() - begin) / 1000).toFixed(1)} s: ${local.described.join(', ')}, files in ${options.home}\n`,
  );
  try {
    const load = createRequire(import.meta.url);
    const played = options.demo ? playSampleIncident(connection, options.home, load, print) : Promise.resolve(true);
    const outcome = await Promise.race([played, interrupted]);
    if (typeof outcome === 'number') return outcome;
    if (options.exit) return outcome ? 0 : 1;
    print(`\nOperator API  ${connection.gatewayUrl}/api/docs\nAgent API     ${connection.ingestUrl}`);
    print(`Tokens        ${options.home}/connection.json (admin, operator, approver, approver2, viewer, auditor)`);
    print('\nCtrl-C stops everything; state is kept.');
    return await interrupted;
  } finally {
    await local.stop();
  }
}

try {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options === 'help') print(USAGE);
  else process.exitCode = await run(options);
  process.exit();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
