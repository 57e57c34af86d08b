const UNSTORABLE = /\0|\p{Surrogate}/gu;
const HALF_PAIR = /[\ud800-\udbff]$/;

/**
 * A text of whatever origin, so that columns and events can hold it, no longer than `max`: PostgreSQL takes no NUL, and its JSON no half of a
 * surrogate pair. No pair is cut in two.
 */
export function storableText(text: string, max: number): string {
  const cut = text.length > max ? text.slice(0, max).replace(HALF_PAIR, '') : text;
  return cut.replaceAll(UNSTORABLE, '\ufffd');
}
