import { connect } from 'node:net';

const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * One keep-alive HTTP/1.1 connection that sends ready-made bytes and reads answers with a content length: next to nothing of
 * the machine goes into the generator, so that more of it is left to what is measured.
 */
export class Wire {
  #socket;
  #answer = Buffer.alloc(0);
  #waiting;

  static async open(url) {
    const { hostname, port } = new URL(url);
    const wire = new Wire();
    wire.#socket = connect({ host: hostname, port: Number(port), noDelay: true });
    await new Promise((resolve, reject) => wire.#socket.once('connect', resolve).once('error', reject));
    wire.#socket.on('data', (bytes) => wire.#take(bytes));
    wire.#socket.on('error', (error) => wire.#waiting?.reject(error));
    wire.#socket.on('close', () => wire.#waiting?.reject(new Error('the server closed the connection')));
    return wire;
  }

  /** Sends a head and the pieces of its body; answers the status. Throws when the status is not the expected one. */
  async send(pieces, expected) {
    const answered = new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
    answered.catch(() => undefined);
    this.#socket.cork();
    for (const piece of pieces) this.#socket.write(piece);
    this.#socket.uncork();
    const { status, body } = await answered;
    if (status !== expected) throw new Error(`answered ${status}: ${body}`);
    return body;
  }

  close() {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #take(bytes) {
    this.#answer = this.#answer.length === 0 ? bytes : Buffer.concat([this.#answer, bytes]);
    const end = this.#answer.indexOf(HEAD_END);
    if (end < 0) return;
    const head = this.#answer.toString('latin1', 0, end);
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? Number.NaN);
    if (Number.isNaN(length)) return this.#waiting?.reject(new Error(`an answer without a length: ${head}`));
    const total = end + HEAD_END.length + length;
    if (this.#answer.length < total) return;
    const body = this.#answer.toString('utf8', end + HEAD_END.length, total);
    this.#answer = this.#answer.subarray(total);
    this.#waiting?.resolve({ status: Number(head.slice(9, 12)), body });
  }
}

/** The head of a request whose body has a known length. */
export function requestHead(method, path, headers) {
  const lines = Object.entries({ host: '127.0.0.1', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
}
