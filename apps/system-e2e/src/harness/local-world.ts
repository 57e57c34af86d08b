import { join } from 'node:path';
import { type TestDatabase, type TestNats, testDatabase, testNats } from '@reenact/testing';
import type { NodeProcess } from './child-process.js';
import { LocalHome } from './local-home.js';
import { World } from './world.js';

/** An installation in one process, on a database and a broker that the test can reach, too. */
export interface LocalWorld {
  world: World;
  /** For files of the test. */
  directory: string;
  nats: TestNats;
  close(): Promise<void>;
}

export async function startLocalWorld(): Promise<LocalWorld> {
  const [database, nats]: [TestDatabase, TestNats] = await Promise.all([testDatabase(), testNats()]);
  const home = new LocalHome();
  let run: NodeProcess | undefined;
  const close = async () => {
    await run?.stop('SIGTERM');
    home.close();
    await nats.close();
    await database.drop();
  };
  try {
    run = home.begin(['--no-demo'], { REENACT_NATS_URL: nats.url, REENACT_DATABASE_URL: database.url });
    const connection = await home.ready(run);
    const world = new World({ connection, databaseUrl: database.url, objectDirectory: join(home.path, 'objects') });
    return { world, directory: home.path, nats, close };
  } catch (error) {
    await close();
    throw error;
  }
}
