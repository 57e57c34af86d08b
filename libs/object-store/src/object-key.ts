const SEGMENT = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/;
const MAX_LENGTH = 512;

/**
 * Throws a TypeError unless the key is segments of letters, digits, `.`, `_` and `-` joined by `/`, none beginning with a dot:
 * such a key names the same object in every store and cannot leave the store's directory.
 */
export function assertKey(key: string): void {
  const fine = typeof key === 'string' && key.length <= MAX_LENGTH && key.split('/').every((segment) => SEGMENT.test(segment));
  if (!fine) throw new TypeError(`not an object key: ${JSON.stringify(key)}`);
}
