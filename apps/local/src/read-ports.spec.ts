import type { LocalOptions } from './options.js';
import { readPorts } from './read-ports.js';

const options: LocalOptions = { home: '/nowhere', demo: false, exit: false, separate: false };

describe('read-ports', () => {
  it('run-local - takes the ports from their variables, or the usual ones', () => {
    expect(readPorts(options, {})).toEqual({ gateway: 7400, ingest: 7401 });
    expect(readPorts(options, { REENACT_PORT: '0', REENACT_INGEST_PORT: '9001' })).toEqual({ gateway: 0, ingest: 9001 });
  });

  it('run-local - says at once all that is wrong, each of it once', () => {
    const wrong = { REENACT_PORT: 'abc', REENACT_INGEST_PORT: '70000', REENACT_LOG_LEVEL: 'loud', REENACT_RUNNER_PORT: '-1' };
    let message = '';
    try {
      readPorts({ ...options, natsUrl: 'http://x' }, wrong);
    } catch (error) {
      ({ message } = error as Error);
    }
    for (const name of [...Object.keys(wrong), 'REENACT_NATS_URL']) expect(message.split(`${name} is`)).toHaveLength(2);
  });
});
