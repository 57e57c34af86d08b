import { ConfigError, EnvReader, readServiceConfig } from './index.js';

const env = { REENACT_NATS_URL: 'nats://127.0.0.1:4222', REENACT_DATABASE_URL: 'postgres://u:p@127.0.0.1/db' };

function faults(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('service-config', () => {
  it('fills in defaults and takes each port from its variable', () => {
    expect(readServiceConfig(env, 'gateway')).toMatchObject({
      host: '127.0.0.1',
      port: 7400,
      logLevel: 'info',
      database: { poolSize: 10 },
    });
    expect(readServiceConfig({ ...env, REENACT_INGEST_PORT: '0' }, 'ingest').port).toBe(0);
    expect(readServiceConfig({ ...env, REENACT_REPLAY_ORCHESTRATOR_PORT: '9001' }, 'replay-orchestrator').port).toBe(9001);
  });

  it('names every fault at once and never the value of an address', () => {
    const read = () =>
      readServiceConfig(
        { REENACT_DATABASE_URL: 'mysql://root:hunter2@x/y', REENACT_PORT: '70000', REENACT_LOG_LEVEL: 'loud' },
        'gateway',
      );
    const found = faults(read).join('\n');
    for (const name of ['REENACT_NATS_URL is missing', 'REENACT_DATABASE_URL', 'REENACT_PORT is "70000"', 'REENACT_LOG_LEVEL']) {
      expect(found).toContain(name);
    }
    expect(found).not.toContain('hunter2');
  });

  it('names the faults of every group, each once', () => {
    const wrong = { ...env, REENACT_LOG_LEVEL: 'loud', REENACT_LEASE_MS: 'short' };
    const read = () => {
      const reader = new EnvReader(wrong);
      reader.integer('REENACT_LEASE_MS', { min: 1, max: 9, fallback: 1 });
      for (const service of ['runner', 'audit'] as const) reader.group(() => readServiceConfig(wrong, service));
      reader.group(() => {
        throw new Error('REENACT_S3_ENDPOINT needs REENACT_S3_BUCKET beside it');
      });
      reader.done();
    };
    expect(faults(read).map((fault) => fault.split(' ')[0])).toEqual([
      'REENACT_LEASE_MS',
      'REENACT_LOG_LEVEL',
      'REENACT_S3_ENDPOINT',
    ]);
  });
});
