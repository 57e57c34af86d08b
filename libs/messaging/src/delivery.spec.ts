import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { Delivery } from './delivery.js';
import { backOff } from './messaging-options.js';

function delivery(reply: string) {
  const sent: string[] = [];
  const nc = {
    isClosed: () => false,
    publish: (_subject: string, answer: string) => sent.push(answer),
  } as unknown as NatsConnection;
  return { sent, it: new Delivery(nc, { reply, subject: 's', data: new Uint8Array() } as Msg) };
}

describe('delivery', () => {
  it.each([
    '$JS.ACK.EVT.durable.3.17.21.1700000000000000000.4',
    '$JS.ACK.domain.hash.EVT.durable.3.17.21.1700000000000000000.4.token',
  ])('delivery - reads what its reply subject says: %s', (reply) => {
    expect(delivery(reply).it).toMatchObject({ stream: 'EVT', count: 3, streamSeq: 17, timestampNanos: '1700000000000000000' });
  });

  it('delivery - refuses a message that is none', () => {
    expect(() => delivery('_INBOX.x')).toThrow(TypeError);
  });

  it('delivery - is settled once, and works no longer then', () => {
    const { sent, it } = delivery('$JS.ACK.EVT.durable.1.1.1.1.0');
    it.working();
    it.retryIn(0);
    it.ack();
    it.term();
    it.working();
    expect(sent).toEqual(['+WPI', '-NAK {"delay":1000000}']);
  });

  it('back-off - grows to a minute and never is nothing', () => {
    const delays = Array.from({ length: 12 }, (_, i) => backOff(i + 1));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(450);
    expect(Math.max(...delays)).toBeLessThanOrEqual(66_000);
    expect(delays[11]).toBeGreaterThan(delays[3]);
  });
});
