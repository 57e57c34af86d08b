import { rmSync } from 'node:fs';
import { type RunningNats, startNats } from '@reenact/embedded';
import { Guardian } from './guardian.js';
import { temporaryDirectory } from './temporary-directory.js';

/** A nats-server of one's own, with JetStream. */
export interface TestNats {
  /** With user and password; stays the same over stops and starts. */
  url: string;
  stop(): Promise<void>;
  /** Starts it again, on the same port and store. */
  start(): Promise<void>;
  /** Stops it, deletes everything JetStream holds, and starts it. */
  wipe(): Promise<void>;
  /** Stops it for good and removes its files. */
  close(): Promise<void>;
}

/** Starts a real nats-server for a test suite. */
export async function testNats(): Promise<TestNats> {
  const home = temporaryDirectory('nats');
  let running: { server: RunningNats; guardian: Guardian } | undefined;
  const launch = async (port?: number) => {
    const server = await startNats({ home: home.path, port, durable: false });
    running = { server, guardian: new Guardian(server.pid, home.path) };
    return server;
  };
  const { url, port, storeDirectory } = await launch();
  const stop = async () => {
    const stopping = running;
    running = undefined;
    stopping?.guardian.dismiss();
    await stopping?.server.stop();
  };
  const start = async () => {
    if (!running) await launch(port);
  };
  return {
    url,
    stop,
    start,
    async wipe() {
      await stop();
      rmSync(storeDirectory, { recursive: true, force: true });
      await start();
    },
    async close() {
      await stop();
      home.remove();
    },
  };
}
