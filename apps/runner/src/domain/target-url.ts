import { refused } from './target-refused.js';

const ORIGIN = /^(https?):\/\/([^/?#]*)/i;
/** Everything printable but space, quotes, angle brackets, backslash, hash, and what browsers repair silently. */
const PATH = /^\/[A-Za-z0-9\-._~!$&'()*+,;=:@%/?[\]]*$/;
const MAX_LENGTH = 8192;

/**
 * The URL of an action: the target's own, its path prefix kept, the action's path behind it. Throws `target_refused` for whatever a server or
 * a URL parser could read as another host or as a way out of the prefix.
 */
export function actionUrl(target: string, path: string): URL {
  const base = targetUrl(target);
  if (path.length > MAX_LENGTH) throw refused('the path is too long');
  if (!PATH.test(path)) throw refused('the path must begin with / and hold only characters that URLs allow');
  const [pathname] = path.split('?', 1);
  if (path.startsWith('//')) throw refused('the path begins like a host');
  if (/%(?![0-9a-f]{2})/i.test(path)) throw refused('the path has a malformed escape');
  // An escaped escape is one more decoding away from the same thing.
  if (/%(?:25)*(?:2e|2f|5c|0[0-9a-f]|1[0-9a-f]|7f)/i.test(pathname)) {
    throw refused('the path escapes a dot, a slash or a control character');
  }
  if (pathname.split('/').some((segment) => segment === '.' || segment === '..')) throw refused('the path has a dot segment');
  const prefix = base.pathname.replace(/\/$/, '');
  const text = `${base.origin}${prefix}${path}`;
  const url = new URL(text);
  // A parser that changes anything understood something else than what was checked.
  if (url.href !== text && url.href !== text.replaceAll("'", '%27')) throw refused('the path is not written in its plain form');
  if (url.origin !== base.origin || !url.pathname.startsWith(`${prefix}/`)) throw refused('the path leaves the target');
  return url;
}

/** A target's address, checked: http or https, a host written plainly, no user, query or fragment. */
export function targetUrl(target: string): URL {
  const host = ORIGIN.exec(target)?.[2];
  if (host === undefined || host === '' || /[\\\s]/.test(target)) throw refused('a target is an http or https URL');
  if (host.includes('@')) throw refused('a target names no user');
  if (/[?#]/.test(target)) throw refused('a target has no query and no fragment');
  let url: URL;
  try {
    url = new URL(target);
  } catch {
    throw refused('a target is an http or https URL');
  }
  assertPlainHost(host.replace(/:\d*$/, ''), url.hostname);
  return url;
}

/** Refuses a host that the parser turned into an address of its own reading: `2130706433`, `0x7f.1`, `127.1`, full-width digits. */
function assertPlainHost(written: string, read: string): void {
  const isAddress = /^\d+\.\d+\.\d+\.\d+$/.test(read) || read.startsWith('[');
  if (isAddress && written.toLowerCase() !== read) throw refused('the host is a number in disguise');
}

/** Refuses a subject that is not a plain one: wildcards, empty tokens, system subjects and inboxes. */
export function assertActionSubject(subject: string): void {
  const plain = subject.length <= 256 && subject.split('.').every((token) => /^[A-Za-z0-9_-]+$/.test(token));
  if (!plain || subject.startsWith('_INBOX')) throw refused('the subject is not a plain one');
}
