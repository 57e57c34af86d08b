const MAX_PATH_LENGTH = 512;
const MAX_PATH_DEPTH = 32;

/** Why a path may not stand in an archive, or undefined when it may: relative, forward slashes, no dot segments. */
export function pathFault(path: string): string | undefined {
  if (path === '') return 'the path is empty';
  if (path.length > MAX_PATH_LENGTH) return `the path is longer than ${MAX_PATH_LENGTH} characters`;
  if (/[\p{Cc}\ufffd]/u.test(path)) return 'the path has control characters or is not UTF-8';
  if (path.includes('\\')) return 'the path has a backslash';
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'the path is absolute';
  const segments = path.split('/');
  if (segments.length > MAX_PATH_DEPTH) return `the path is more than ${MAX_PATH_DEPTH} levels deep`;
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..'))
    return 'the path has empty or dot segments';
  return undefined;
}

/** Two paths with the same key would be one file on some file systems. */
export function pathKey(path: string): string {
  return path.normalize('NFC').toLowerCase().normalize('NFC');
}
