import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cephS3 } from './ceph-s3.js';
import type { Daemon } from './daemon.js';
import { BUCKET, KEYS, type S3Server } from './s3-server.js';
import { versityS3 } from './versity-s3.js';

/** A real S3 server of its own with one empty bucket. */
export interface TestS3 {
  endpoint: string;
  region: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  close(): Promise<void>;
}

/** The first that can run is taken. */
const SERVERS: readonly S3Server[] = [versityS3, cephS3];

/** Whether `testS3` can find or fetch a server here; suites that need one skip themselves, visibly, where it cannot. */
export function canTestS3(): boolean {
  return SERVERS.some((server) => server.canRun());
}

/** Starts a server on a free port of the loopback address; the first time on a machine it is fetched, which takes up to a minute. */
export async function testS3(): Promise<TestS3> {
  const server = SERVERS.find((each) => each.canRun());
  if (!server) throw new Error('no S3 server can run here');
  const home = await mkdtemp(join(tmpdir(), 'reenact-s3-'));
  const daemons: Daemon[] = [];
  const close = async () => {
    await Promise.all(daemons.map((daemon) => daemon.stop()));
    await rm(home, { recursive: true, force: true });
  };
  try {
    const endpoint = await server.start(home, daemons);
    return { endpoint, region: 'us-east-1', bucket: BUCKET, ...KEYS, close };
  } catch (error) {
    await close();
    throw error;
  }
}
