import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { choosePort, findNatsServer } from '@reenact/embedded';
import { connectNats } from '@reenact/messaging';
import { eventually, temporaryDirectory } from '@reenact/testing';

/** A real nats-server that lets `agent` publish to `tickets.>` only, in messages of 1 KiB. Its users have the password `sesame`. */
export class RestrictedNats {
  private constructor(
    readonly port: number,
    private readonly home: { remove(): void },
    private readonly server: ChildProcess,
  ) {}

  static async start(): Promise<RestrictedNats> {
    const home = temporaryDirectory('restricted-nats');
    const [{ path }, port] = await Promise.all([findNatsServer(), choosePort('NATS', undefined, undefined)]);
    const file = join(home.path, 'nats.conf');
    writeFileSync(
      file,
      `host: "127.0.0.1"
      port: ${port}
      max_payload: 1024
      authorization { users: [
        { user: agent, password: sesame, permissions: { publish: "tickets.>" } }
        { user: reader, password: sesame }
      ] }`,
    );
    const server = spawn(path, ['-c', file], { stdio: 'ignore' });
    const started = new RestrictedNats(port, home, server);
    await eventually(async () => (await connectNats('test', started.url('reader'))).close());
    return started;
  }

  url(user: string): string {
    return `nats://${user}:sesame@127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    this.server.kill('SIGKILL');
    await once(this.server, 'exit');
    this.home.remove();
  }
}
