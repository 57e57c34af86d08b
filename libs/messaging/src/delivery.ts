import type { Msg, NatsConnection } from '@nats-io/transport-node';

const NANOS = 1_000_000;

/** One delivery of a message by a pull consumer. Settled once; this is the only place that acknowledges. */
export class Delivery {
  readonly stream: string;
  readonly streamSeq: number;
  readonly timestampNanos: string;
  /** How often the server has delivered the message to this consumer, this time included. */
  readonly count: number;
  private settled = false;

  constructor(
    private readonly nc: NatsConnection,
    private readonly message: Msg,
  ) {
    const tokens = (message.reply ?? '').split('.');
    if (tokens[0] !== '$JS' || tokens[1] !== 'ACK' || tokens.length < 9) throw new TypeError('not a JetStream delivery');
    // Newer servers put domain and account before the stream.
    const [stream, , count, streamSeq, , timestamp] = tokens.slice(tokens.length >= 11 ? 4 : 2);
    this.stream = stream;
    this.count = Number(count);
    this.streamSeq = Number(streamSeq);
    this.timestampNanos = timestamp;
  }

  get isSettled(): boolean {
    return this.settled;
  }

  get subject(): string {
    return this.message.subject;
  }

  get payload(): Uint8Array {
    return this.message.data;
  }

  header(name: string): string | undefined {
    return this.message.headers?.get(name) || undefined;
  }

  headers(): Record<string, string> {
    const { headers } = this.message;
    return headers ? Object.fromEntries(headers.keys().map((name) => [name, headers.get(name)])) : {};
  }

  ack(): void {
    this.settle('+ACK');
  }

  /** Asks for it again after a while; never at once, which would burn deliveries. */
  retryIn(ms: number): void {
    this.settle(`-NAK ${JSON.stringify({ delay: Math.max(1, ms) * NANOS })}`);
  }

  // Without a reason: older servers do not terminate when given one.
  term(): void {
    this.settle('+TERM');
  }

  /** Tells the server that work goes on. */
  working(): void {
    if (!this.settled) this.send('+WPI');
  }

  private settle(answer: string): void {
    if (this.settled) return;
    this.settled = true;
    this.send(answer);
  }

  private send(answer: string): void {
    // A closed connection cannot be told; the message comes again and the inbox knows it.
    if (this.message.reply && !this.nc.isClosed()) this.nc.publish(this.message.reply, answer);
  }
}
