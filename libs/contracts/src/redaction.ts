/** The name of the only member of an object that stands for a redacted JSON value. */
export const REDACTION_MEMBER = '$redacted';

/** The whole text of a redaction token: `rdx1_` and a base64url HMAC-SHA-256 under a key that only the agent holds. */
export const REDACTION_TOKEN_PATTERN = /^rdx1_[A-Za-z0-9_-]{43}$/;

const EMBEDDED = /rdx1_[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/;

/** Whether a value is exactly one redaction token. */
export function isRedactionToken(value: unknown): value is string {
  return typeof value === 'string' && REDACTION_TOKEN_PATTERN.test(value);
}

/** Whether a value is the JSON form of a redacted value: `{"$redacted": "rdx1_..."}` and nothing else. */
export function isRedactedValue(value: unknown): value is { $redacted: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return false;
  }
  const members = Object.entries(value);
  return members.length === 1 && members[0]?.[0] === REDACTION_MEMBER && isRedactionToken(members[0][1]);
}

/** Whether a text has a redaction token anywhere in it (also inside a larger text, where a string was required). */
export function hasRedactionToken(text: string): boolean {
  return EMBEDDED.test(text);
}
