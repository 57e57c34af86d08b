import { randomBytes } from 'node:crypto';
import { PART_SIZE, PartBuffer } from './part-buffer.js';

describe('part-buffer', () => {
  it.each([1, 64 * 1024, 64 * 1024 + 1, 1024 * 1024 + 1, PART_SIZE])(
    'gives back %d bytes as they were, in whatever pieces',
    (size) => {
      const buffer = new PartBuffer();
      for (let round = 0; round < 2; round++) {
        const bytes = randomBytes(size);
        for (let at = 0; at < size; at += 100_000) expect(buffer.add(bytes.subarray(at, at + 100_000))).toHaveLength(0);
        expect(bytes.equals(buffer.bytes)).toBe(true);
        buffer.clear();
      }
    },
  );

  it('takes no more than a part, and copies what it takes', () => {
    const buffer = new PartBuffer();
    const bytes = Buffer.alloc(PART_SIZE + 3, 1);
    expect(buffer.add(bytes)).toHaveLength(3);
    bytes.fill(2);
    expect(buffer.bytes.every((byte) => byte === 1)).toBe(true);
    expect(buffer.add(bytes)).toHaveLength(bytes.length);
    buffer.free();
    expect(buffer.bytes).toHaveLength(0);
    expect(buffer.add(Buffer.from('new'))).toHaveLength(0);
    expect(Buffer.from(buffer.bytes).toString()).toBe('new');
  });
});
