// The four steps as a workflow of Restate with a server of its own. Its arguments are the ports of ingress, admin, node and service,
// a directory and the target's URL.
import './with-resolvers.mjs';
import { spawn } from 'node:child_process';
import { createServer } from 'node:http2';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as restate from '@restatedev/restate-sdk';
import { STEPS } from './steps.mjs';

const [ingressPort, adminPort, nodePort, servicePort, directory, targetUrl] = process.argv.slice(2);

const replay = restate.workflow({
  name: 'replay',
  handlers: {
    run: async (context) => {
      await context.run('check', STEPS.check);
      await context.run('reserve', STEPS.reserve);
      await context.run('dispatch', STEPS.dispatch);
      return context.run('run', () => STEPS.run(targetUrl, context.key));
    },
  },
});
createServer(restate.createEndpointHandler({ services: [replay] })).listen(Number(servicePort), '127.0.0.1');

const platform = `@restatedev/restate-server-${process.platform}-${process.arch}/package.json`;
const binary = join(dirname(createRequire(import.meta.url).resolve(platform)), 'bin/restate-server');
const server = spawn(binary, ['--no-logo', '--base-dir', directory], {
  stdio: ['ignore', 'ignore', 'inherit'],
  env: {
    RESTATE_BIND_IP: '127.0.0.1',
    RESTATE_ADVERTISED_HOST: '127.0.0.1',
    RESTATE_LISTEN_MODE: 'tcp',
    RESTATE_BIND_PORT: nodePort,
    RESTATE_INGRESS__BIND_PORT: ingressPort,
    RESTATE_ADMIN__BIND_PORT: adminPort,
    RESTATE_DISABLE_TELEMETRY: 'true',
    RESTATE_LOG_FILTER: 'error',
  },
});
server.once('exit', () => process.exit(1));
process.on('SIGTERM', () => end(0));
process.on('disconnect', () => end(1));

function end(code) {
  server.removeAllListeners('exit').once('exit', () => process.exit(code));
  server.kill('SIGTERM');
}
