import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** A target that nobody may come near: it counts connections and bytes, and speaks just enough to be sent to. */
export class Canary {
  connections = 0;
  bytes = 0;
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  private constructor(greeting: string, answer: string) {
    this.server = createServer((socket) => {
      this.connections += 1;
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('data', (chunk) => {
        this.bytes += chunk.length;
        socket.write(answer);
      });
      socket.write(greeting);
    });
  }

  static http(): Promise<Canary> {
    return new Canary('', 'HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n').listen();
  }

  static nats(): Promise<Canary> {
    const info = {
      server_id: 'canary',
      version: '2.12.0',
      proto: 1,
      host: '127.0.0.1',
      port: 4222,
      max_payload: 1_048_576,
      headers: true,
    };
    return new Canary(`INFO ${JSON.stringify(info)}\r\n`, 'PONG\r\n').listen();
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return this;
  }
}
