const PATTERNS: [RegExp, string][] = [
  [/\b(rnt_[a-z]{3}_)[A-Za-z0-9_-]+/g, '$1***'],
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@"]+:)[^\s@/"]+@/gi, '$1***@'],
  [/(\bBearer )[A-Za-z0-9._~+/=-]+/gi, '$1***'],
];

/** The text without what looks like a secret of ours, a password in an address, or a bearer token. */
export function scrub(text: string): string {
  return PATTERNS.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), text);
}
