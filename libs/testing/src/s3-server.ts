import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Daemon } from './daemon.js';

/** A program that speaks S3, as tests start it. */
export interface S3Server {
  /** Whether it is here, or can be fetched. */
  canRun(): boolean;
  /**
   * Starts it with its files in `home`, fetching it the first time. Its processes are added to `daemons` as they start; answers the
   * endpoint once it has the bucket and takes the keys.
   */
  start(home: string, daemons: Daemon[]): Promise<string>;
}

export const BUCKET = 'reenact';
export const KEYS = { accessKeyId: 'reenact-test', secretAccessKey: 'reenact-test-secret' };
export const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'reenact');
