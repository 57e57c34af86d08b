import { StageError } from '../expression/stage-error.js';

const MAX_PATH_LENGTH = 4096;
const MAX_SUBJECT_LENGTH = 255;

/** No dots, no escapes, nothing to look at closer. */
const PLAIN_PATH = /^\/(?:[\w~!$&'()*+,;=:@-][\w~!$&'()*+,;=:@/?-]*)?$/;
/** What URLs allow, without what parsers repair silently. */
const PATH = /^\/[\w\-.~!$&'()*+,;=:@%/?[\]]*$/;
const ESCAPED_STRUCTURE = /%(?:2e|2f|5c|0[0-9a-f]|1[0-9a-f]|7f)/i;
const ESCAPED_ASCII = /%([0-7][0-9a-f])/gi;
const SUBJECT = /^[!-)+-\-/-=?-~]+(?:\.[!-)+-\-/-=?-~]+)*$/;

/**
 * Why no action may have that path; undefined when it may: an absolute path with an optional query, written so that no server reads it as
 * another host or as a way out of the target's prefix. What passes here passes at the way out.
 */
export function httpPathFault(path: string): string | undefined {
  if (path.length > MAX_PATH_LENGTH) return `the path is longer than ${MAX_PATH_LENGTH} characters`;
  if (PLAIN_PATH.test(path)) return undefined;
  if (!PATH.test(path)) return 'the path must begin with / and hold only characters that URLs allow';
  if (path.startsWith('//')) return 'the path begins like a host';
  if (/%(?![0-9a-f]{2})/i.test(path)) return 'the path has a malformed escape';
  const [pathname] = path.split('?', 1);
  if (!isUtf8(pathname)) return 'the path has escapes that are not UTF-8';
  // What one decoding shows, a server that decodes once more may read.
  for (let [read, next] = [pathname, decodedOnce(pathname)]; ; [read, next] = [next, decodedOnce(next)]) {
    if (ESCAPED_STRUCTURE.test(read)) return 'the path escapes a dot, a slash or a control character';
    // Some servers take off what follows a semicolon before they read the dots.
    if (next.split('/').some((segment) => /^\.\.?(?:;|$)/.test(segment))) return 'the path has a dot segment';
    if (next === read) return undefined;
  }
}

function decodedOnce(text: string): string {
  return text.replaceAll(ESCAPED_ASCII, (_escape, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

/** Why nothing may be published to that subject; undefined when it may. What passes here passes at the way out. */
export function natsSubjectFault(subject: string): string | undefined {
  if (subject.length > MAX_SUBJECT_LENGTH) return `the subject is longer than ${MAX_SUBJECT_LENGTH} characters`;
  if (!SUBJECT.test(subject)) return 'the subject must be tokens of printable ASCII without blanks or wildcards';
  if (/^(?:\$|_INBOX|_R_|_GR_)/.test(subject)) return 'the subject is one of the server or its clients';
  return undefined;
}

/** A path that an expression gave. Throws `path_invalid`. */
export function checkHttpPath(value: unknown): string {
  if (typeof value !== 'string') throw new StageError('path_invalid', 'path must give text');
  const fault = httpPathFault(value);
  if (fault) throw new StageError('path_invalid', `${fault}: ${JSON.stringify(value.slice(0, 100))}`);
  return value;
}

/** A subject that an expression gave. Throws `subject_invalid`. */
export function checkNatsSubject(value: unknown): string {
  if (typeof value !== 'string') throw new StageError('subject_invalid', 'subject must give text');
  const fault = natsSubjectFault(value);
  if (fault) throw new StageError('subject_invalid', `${fault}: ${JSON.stringify(value.slice(0, 100))}`);
  return value;
}

function isUtf8(escaped: string): boolean {
  try {
    decodeURIComponent(escaped);
    return true;
  } catch {
    return false;
  }
}
