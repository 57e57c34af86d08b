import type { MessageContract, StreamDeclaration } from '@reenact/contracts';

export type StreamName = StreamDeclaration['name'];

const STREAM_BY_KIND: Record<string, StreamName> = { cmd: 'CMD', evt: 'EVT', tel: 'TEL', audit: 'AUDIT_SEALED' };

/** The stream that carries a subject, told by its first token. Throws a TypeError for any other. */
export function streamOf(subject: string): StreamName {
  const stream = STREAM_BY_KIND[subject.slice(0, subject.indexOf('.'))];
  if (!stream) throw new TypeError(`no stream carries ${subject}`);
  return stream;
}

/** The subjects of one contract, with a wildcard for the organisation. */
export function subjectsOf(contract: MessageContract): string {
  return contract.kind === 'event' ? `${contract.type}.*` : contract.type;
}

/** The narrowest single filter that covers all subjects: older servers take only one per consumer. */
export function coveringFilter(subjects: readonly string[]): string {
  return subjects.reduce((filter, subject) => cover(filter.split('.'), subject.split('.')).join('.'));
}

function cover(a: string[], b: string[]): string[] {
  const tokens: string[] = [];
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
    if (a[i] === '>' || b[i] === '>' || a[i] === undefined || b[i] === undefined) {
      // `>` stands for one token or more: where one subject ends, the token before has to be given up as well.
      if (a[i] === undefined || b[i] === undefined) tokens.pop();
      return [...tokens, '>'];
    }
    tokens.push(a[i] === b[i] ? a[i] : '*');
  }
  return tokens;
}

/** The contract type that a subject states: events end with their organisation. */
export function typeOf(subject: string): string {
  return subject.startsWith('evt.') ? subject.slice(0, subject.lastIndexOf('.')) : subject;
}

/** A POSIX regular expression that matches what a NATS subject filter matches. */
export function filterPattern(filter: string): string {
  const tokens = filter.split('.').map((token) => {
    if (token === '*') return '[^.]+';
    return token === '>' ? '.+' : token.replace(/[^A-Za-z0-9_-]/g, '\\$&');
  });
  return `^${tokens.join('\\.')}$`;
}
