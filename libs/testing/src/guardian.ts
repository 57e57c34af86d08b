import { type ChildProcess, spawn } from 'node:child_process';

/** Ends a server and removes its directory when the test process dies without doing so, in whatever way; ends itself with `dismiss`. */
export class Guardian {
  private readonly process: ChildProcess;

  constructor(pid: number, directory: string) {
    // The pipe to its input closes with this process: that is the signal.
    this.process = spawn(
      'sh',
      ['-c', 'read _; kill -INT "$1"; sleep 2; kill -KILL "$1"; rm -rf "$2"', 'sh', String(pid), directory],
      {
        detached: true,
        stdio: ['pipe', 'ignore', 'ignore'],
      },
    );
    this.process.unref();
    (this.process.stdin as unknown as { unref(): void }).unref();
  }

  dismiss(): void {
    this.process.kill('SIGKILL');
  }
}
