import { StageError } from '../expression/stage-error.js';

/** No dots, no escapes, nothing to look at closer. */
const PLAIN_PATH = /^\/(?:[\w~!$&'()*+,;=:@-][\w~!$&'()*+,;=:@/?-]*)?$/;

/** An absolute path with an optional query, in characters a URL may have; no dot segments, so that a target's prefix holds. */
export function checkHttpPath(value: unknown): string {
  if (typeof value !== 'string') throw new StageError('path_invalid', 'path must give text');
  if (value.length <= 4096 && PLAIN_PATH.test(value)) return value;
  const path = value.split('?')[0];
  const segments = path.split('/').map(decodedSegment);
  if (
    value.length > 4096 ||
    !/^\/[\x21-\x7e]*$/.test(value) ||
    value.startsWith('//') ||
    /[\\#<>"{}|^`]/.test(value) ||
    segments.some((segment) => segment === undefined || segment === '.' || segment === '..' || /[/\\]/.test(segment))
  ) {
    throw new StageError('path_invalid', `${JSON.stringify(value.slice(0, 100))} is not an absolute path without dot segments`);
  }
  return value;
}

/** A subject to publish to: tokens without blanks or wildcards. */
export function checkNatsSubject(value: unknown): string {
  if (typeof value !== 'string' || value.length > 255 || !/^[^\s.*>]+(\.[^\s.*>]+)*$/.test(value) || value.startsWith('$')) {
    throw new StageError('subject_invalid', 'subject must give tokens without blanks or wildcards');
  }
  return value;
}

function decodedSegment(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
