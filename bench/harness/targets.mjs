import { createServer } from 'node:http';

/** A target that answers 201 to anything at once. */
export async function noOpTarget() {
  const seen = { requests: 0 };
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      seen.requests += 1;
      response.writeHead(201, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${server.address().port}/`, seen, stop };
}
