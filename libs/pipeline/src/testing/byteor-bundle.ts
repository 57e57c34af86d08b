import { type RawEntry, rawTar } from './byte-streams.js';

/** The files of a bundle, with the fields that the published format lists. */
export const BYTEOR_FILES: Readonly<Record<string, string | object>> = {
  'spec.kv': 'model=single_ring\nring.capacity=1024\nstage.0=decode\nstage.1=publish\n',
  'spec_validation.json': { ok: true, description: 'single_ring with 2 stages' },
  'runtime.json': { crate: { name: 'byteor-runtime', version: '0.9.2' } },
  'policy_audit.json': {
    ok: true,
    policy_version: 1,
    mode: 'staging',
    enforced: true,
    stage_failure_policy: 'stop_pipeline',
    spec_path: '/etc/byteor/spec.kv',
    lane_path: '/dev/shm/byteor',
    wait: 'spin',
    runtime_crate: { name: 'byteor-runtime', version: '0.9.2' },
    spec: { model: 'single_ring', stages: 2 },
  },
  'environment.json': {
    pid: 4711,
    cwd: '/srv/byteor',
    args: ['byteor-runtime', 'incident-bundle'],
    env: [
      ['BYTEOR_AGENT_ID', 'a-1'],
      ['HOME', '/root'],
      ['PATH', '/bin'],
    ],
    proc_status: 'Name:\tbyteor-runtime\n',
  },
  'runtime_config.txt': 'wait=spin\n',
  'single_ring_snapshot.json': { head: 17, tail: 9 },
};

/** A tar in that layout; `undefined` leaves a file out. */
export function byteorTar(change: Record<string, string | object | undefined> = {}): Promise<Buffer> {
  const files = Object.entries({ ...BYTEOR_FILES, ...change });
  const entries = files.flatMap(([name, content]): RawEntry[] => {
    if (content === undefined) return [];
    return [{ name, content: typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content) }];
  });
  return rawTar(entries);
}
