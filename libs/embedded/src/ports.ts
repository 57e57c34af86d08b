import { createServer } from 'node:net';

const LOOPBACK = '127.0.0.1';

/** True when nobody listens on that loopback port. */
export async function isPortFree(port: number): Promise<boolean> {
  return (await tryListen(port)) !== undefined;
}

/**
 * The port to listen on: `wanted` when given (throws a clear error when it is used, with the variable that sets it, if any), else the
 * one remembered from the last start if it is still free, else any free one.
 */
export async function choosePort(
  name: string,
  wanted: number | undefined,
  remembered: number | undefined,
  variable?: string,
): Promise<number> {
  if (wanted !== undefined && wanted !== 0) {
    if (await isPortFree(wanted)) return wanted;
    const how = variable ? `set ${variable} to another one` : 'choose another one';
    throw new Error(`Port ${wanted} for ${name} is in use on ${LOOPBACK}. Stop what uses it, or ${how}.`);
  }
  if (remembered !== undefined && (await isPortFree(remembered))) return remembered;
  const port = await tryListen(0);
  if (port === undefined) throw new Error(`No free port on ${LOOPBACK} for ${name}.`);
  return port;
}

function tryListen(port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' || error.code === 'EACCES' ? resolve(undefined) : reject(error),
    );
    server.listen({ host: LOOPBACK, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : undefined));
    });
  });
}
