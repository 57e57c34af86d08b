import { gzipSync } from 'node:zlib';
import { sha256 } from '@reenact/contracts';
import { chunked, rawTar } from '../testing/byte-streams.js';
import { BYTEOR_FILES, byteorTar } from '../testing/byteor-bundle.js';
import { inspectArtifact } from './inspect-artifact.js';

const SPEC = BYTEOR_FILES['spec.kv'] as string;
const inspect = async (change: Record<string, unknown> = {}) =>
  inspectArtifact('incident_bundle', chunked(await byteorTar(change as Record<string, string | object | undefined>)));
const changed = (path: string, change: object) => ({ [path]: { ...(BYTEOR_FILES[path] as object), ...change } });

describe('a bundle in the ByteOr v1 layout', () => {
  it('is taken in, plain and packed: hashed by the bytes of its spec, to be looked at and not replayed', async () => {
    const tar = await byteorTar();
    for (const bytes of [tar, gzipSync(tar)]) {
      const facts = await inspectArtifact('incident_bundle', chunked(bytes, [700]));
      expect(facts).toMatchObject({
        format: 'byteor.bundle/v1',
        specHash: sha256(SPEC),
        replayable: { ok: false, code: 'artifact_not_replayable' },
      });
      expect(facts.entries.map(({ path, role }) => [path, role])).toEqual([
        ['spec.kv', 'spec'],
        ['spec_validation.json', 'log'],
        ['runtime.json', 'environment'],
        ['policy_audit.json', 'policy_audit'],
        ['environment.json', 'environment'],
        ['runtime_config.txt', 'environment'],
        ['single_ring_snapshot.json', 'snapshot'],
      ]);
      for (const { path, start, size, sha256: digest } of facts.entries) {
        expect([path, sha256(tar.subarray(start, start + size))]).toEqual([path, digest]);
      }
    }
  });

  it('may say that the spec was wrong, lack what depends on the model, come in any order and have more members', async () => {
    const { spec: _, ...audit } = BYTEOR_FILES['policy_audit.json'] as Record<string, unknown>;
    await inspect({
      'spec_validation.json': { ok: false, error: 'stage 1 is not known' },
      'policy_audit.json': { ...audit, ok: false, error: 'spec was refused', added_later: 1 },
      'runtime_config.txt': undefined,
      'single_ring_snapshot.json': undefined,
      'lane_graph_state.json': { lanes: [] },
    });
    const { 'spec.kv': spec, ...rest } = BYTEOR_FILES;
    const entries = [...Object.entries(rest), ['spec.kv', spec] as const];
    const tar = await rawTar(
      entries.map(([name, content]) => ({ name, content: typeof content === 'string' ? content : JSON.stringify(content) })),
    );
    expect(await inspectArtifact('incident_bundle', chunked(tar))).toMatchObject({ specHash: sha256(SPEC) });
  });

  it.each(['spec.kv', 'spec_validation.json', 'runtime.json', 'policy_audit.json', 'environment.json'])(
    'is refused without %s',
    async (path) => {
      await expect(inspect({ [path]: undefined })).rejects.toThrow(`${path}: is not there`);
    },
  );

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['a file of its own', { 'notes.txt': 'x' }, /notes.txt: is no file of a ByteOr v1 bundle/],
    ['an empty spec', { 'spec.kv': '' }, /spec.kv: is empty/],
    ['a binary spec', { 'spec.kv': Buffer.from([0xff, 0]) }, /spec.kv: is not UTF-8 text/],
    ['what is no JSON', { 'runtime.json': '{' }, /runtime.json: is not UTF-8 JSON/],
    ['a list', { 'runtime.json': [] }, /runtime.json: must be a JSON object/],
    ['no crate version', { 'runtime.json': { crate: { name: 'a' } } }, /\/crate\/version is required/],
    ['validation without words', { 'spec_validation.json': { ok: true } }, /\/description is required/],
    ['failed validation without error', { 'spec_validation.json': { ok: false, description: 'x' } }, /\/error is required/],
    ['another policy version', changed('policy_audit.json', { policy_version: 2 }), /\/policy_version must be/],
    ['another failure policy', changed('policy_audit.json', { stage_failure_policy: 'go_on' }), /must be one of stop_pipeline/],
    ['both spec and error', changed('policy_audit.json', { error: 'x' }), /\/spec must stand exactly where there is no error/],
    ['a spec without model', changed('policy_audit.json', { spec: {} }), /\/spec\/model is required/],
    ['a flag that is text', changed('policy_audit.json', { enforced: 'yes' }), /\/enforced must be true or false/],
    ['a pid beyond u32', changed('environment.json', { pid: 2 ** 32 }), /\/pid must be a whole number/],
    ['arguments that are no texts', changed('environment.json', { args: [1] }), /\/args must be texts/],
    ['variables that are no pairs', changed('environment.json', { env: [['A']] }), /\/env must be pairs of texts, not at 0/],
    [
      'unsorted variables',
      changed('environment.json', {
        env: [
          ['B', ''],
          ['A', ''],
        ],
      }),
      /\/env must be in the order of keys, not at 1/,
    ],
    ['a snapshot that is no JSON', { 'single_ring_snapshot.json': 'x' }, /single_ring_snapshot.json: is not JSON/],
    ['a binary configuration', { 'runtime_config.txt': Buffer.from([0xff]) }, /runtime_config.txt: is not UTF-8 text/],
  ])('is refused with %s', async (_name, change, message) => {
    await expect(inspect(change)).rejects.toThrow(message);
  });
});
