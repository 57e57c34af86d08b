import { newId } from '@reenact/contracts';
import type { BundleManifest } from '@reenact/pipeline';
import { assertManifestFits, readArtifactFields } from './artifact-fields.js';

const sender = { agentId: newId('agent'), environmentId: newId('environment') };
const manifest: BundleManifest = {
  format: 'reenact.bundle/v1',
  ...sender,
  specHash: `sha256:${'a'.repeat(64)}`,
  capturedAt: '2026-11-23T12:00:00.000Z',
  bootId: 'b1',
  sequence: 4,
  files: [],
};
const fields = (more: Record<string, string> = {}) =>
  readArtifactFields(new Map(Object.entries({ type: 'incident_bundle', capturedAt: '2026-11-23T12:00:00.000Z', ...more })));

describe('artifact-fields', () => {
  it('reads the sequence as a number and leaves absent fields absent', () => {
    expect(fields({ sequence: '41' })).toMatchObject({ sequence: 41 });
    expect(Object.keys(fields()).filter((name) => fields()[name as 'type'] !== undefined)).toEqual(['type', 'capturedAt']);
  });

  it.each(['1.5', '0', '-1', '1e3', '99999999999999999999', ''])('refuses the sequence %j', (sequence) => {
    expect(() => fields({ sequence })).toThrow(expect.objectContaining({ code: 'validation_failed' }));
  });

  it('accepts fields that say the same as the manifest, the time in another zone too', () => {
    assertManifestFits(manifest, fields({ sequence: '4', bootId: 'b1', specHash: manifest.specHash }), sender);
    assertManifestFits(manifest, fields({ capturedAt: '2026-11-23T13:00:00+01:00' }), sender);
    assertManifestFits({ ...manifest, bootId: undefined }, fields({ bootId: 'anything' }), sender);
  });

  it.each([
    [{ sequence: '5' }, 'sequence'],
    [{ bootId: 'b2' }, 'bootId'],
    [{ capturedAt: '2026-11-23T12:00:00.001Z' }, 'capturedAt'],
  ])('refuses %j against the manifest', (more, field) => {
    const options = { members: { field } };
    expect(() => assertManifestFits(manifest, fields(more as Record<string, string>), sender)).toThrow(
      expect.objectContaining({ code: 'metadata_conflict', options: expect.objectContaining(options) }),
    );
  });

  it.each(['agentId', 'environmentId'] as const)('refuses a manifest of another %s, whatever the fields say', (name) => {
    expect(() => assertManifestFits({ ...manifest, [name]: newId('agent') }, fields(), sender)).toThrow(
      expect.objectContaining({ code: 'artifact_identity_mismatch' }),
    );
  });
});
