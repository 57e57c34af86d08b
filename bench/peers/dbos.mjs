// The four steps as a workflow of DBOS Transact behind HTTP. Its arguments are a port, the database's URL and the target's.
import { createServer } from 'node:http';
import { DBOS } from '@dbos-inc/dbos-sdk';
import { STEPS } from './steps.mjs';

const [port, databaseUrl, targetUrl] = process.argv.slice(2);

const replay = DBOS.registerWorkflow(
  async (id) => {
    await DBOS.runStep(STEPS.check, { name: 'check' });
    await DBOS.runStep(STEPS.reserve, { name: 'reserve' });
    await DBOS.runStep(STEPS.dispatch, { name: 'dispatch' });
    return DBOS.runStep(() => STEPS.run(targetUrl, id), { name: 'run' });
  },
  { name: 'replay' },
);
// As many connections as the services of an installation have together.
DBOS.setConfig({ name: 'bench', systemDatabaseUrl: databaseUrl, systemDatabasePoolSize: 50, logLevel: 'error' });
await DBOS.launch();

const server = createServer((request, response) => {
  if (request.method === 'GET') return response.end('ready');
  request.resume();
  const id = request.url.slice('/replays/'.length);
  DBOS.startWorkflow(replay, { workflowID: id })(id)
    .then((handle) => handle.getResult())
    .then(
      (result) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result)),
      (error) => response.writeHead(500).end(String(error)),
    );
});
server.listen(Number(port), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
process.on('disconnect', () => process.exit(1));
