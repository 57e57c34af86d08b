import { httpPathFault, natsSubjectFault, targetHostFault } from '@reenact/pipeline';
import { refused } from './target-refused.js';

const ORIGIN = /^(https?):\/\/([^/?#]*)/i;

/**
 * The URL of an action: the target's own, its path prefix kept, the action's path behind it. Throws `target_refused` for whatever a server or
 * a URL parser could read as another host or as a way out of the prefix.
 */
export function actionUrl(target: string, path: string): URL {
  const base = targetUrl(target);
  const fault = httpPathFault(path);
  if (fault) throw refused(fault);
  const prefix = base.pathname.replace(/\/$/, '');
  const text = `${base.origin}${prefix}${path}`;
  const url = new URL(text);
  // A parser that changes anything understood something else than what was checked; quotes in queries it escapes.
  const [head, ...query] = text.split('?');
  if (url.href !== [head, ...query.map((part) => part.replaceAll("'", '%27'))].join('?'))
    throw refused('the path is not written in its plain form');
  if (url.origin !== base.origin || !url.pathname.startsWith(`${prefix}/`)) throw refused('the path leaves the target');
  return url;
}

/** A target's address, checked: http or https, a host written plainly, no user, query or fragment. */
export function targetUrl(target: string): URL {
  const host = ORIGIN.exec(target)?.[2];
  if (host === undefined || host === '' || /[\\\s]/.test(target)) throw refused('a target is an http or https URL');
  if (host.includes('@')) throw refused('a target names no user');
  if (/[?#]/.test(target)) throw refused('a target has no query and no fragment');
  if (!URL.canParse(target)) throw refused('a target is an http or https URL');
  const fault = targetHostFault(target);
  if (fault) throw refused(fault);
  return new URL(target);
}

/** Refuses a subject that is not a plain one: wildcards, empty tokens, system subjects and inboxes. */
export function assertActionSubject(subject: string): void {
  const fault = natsSubjectFault(subject);
  if (fault) throw refused(fault);
}
