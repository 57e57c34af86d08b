import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAuditConfig } from './audit.config.js';

const KEY = Buffer.alloc(32, 1).toString('base64');
const BASE = { REENACT_NATS_URL: 'nats://127.0.0.1:4222', REENACT_DATABASE_URL: 'postgres://127.0.0.1/x' };

describe('audit config', () => {
  it('audit config - takes the key from the environment or from a file', () => {
    const directory = mkdtempSync(join(tmpdir(), 'audit-config-'));
    try {
      writeFileSync(join(directory, 'key'), `${KEY}\n`);
      const expected = { logKey: KEY, logOrigin: 'reenact.local', host: '127.0.0.1' };
      expect(readAuditConfig({ ...BASE, REENACT_AUDIT_KEY: KEY })).toMatchObject(expected);
      expect(readAuditConfig({ ...BASE, REENACT_AUDIT_KEY_FILE: join(directory, 'key') })).toMatchObject(expected);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it.each([
    ['no key', {}],
    ['a short key', { REENACT_AUDIT_KEY: 'AAAA' }],
    ['a key file that is not there', { REENACT_AUDIT_KEY_FILE: '/nowhere/key' }],
    ['an origin with a space', { REENACT_AUDIT_KEY: KEY, REENACT_AUDIT_ORIGIN: 'my host' }],
  ])('audit config - refuses %s', (_what, env) => {
    expect(() => readAuditConfig({ ...BASE, ...env })).toThrow('The configuration is wrong');
  });
});
