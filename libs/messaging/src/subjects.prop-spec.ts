import fc from 'fast-check';
import { coveringFilter, filterPattern, streamOf, typeOf } from './subjects.js';

const token = fc.constantFrom('a', 'b', 'run', 'note', 'v1', '*');
const subject = fc.array(token, { minLength: 1, maxLength: 5 }).map((tokens) => ['evt', ...tokens].join('.'));

/** How NATS itself matches. */
function matches(filter: string, text: string): boolean {
  const [filters, tokens] = [filter.split('.'), text.split('.')];
  for (const [i, part] of filters.entries()) {
    if (part === '>') return tokens.length > i;
    if (tokens[i] === undefined || (part !== '*' && part !== tokens[i])) return false;
  }
  return filters.length === tokens.length;
}

describe('subjects', () => {
  it('covering filter - matches whatever any of its subjects matches', () => {
    fc.assert(
      fc.property(fc.array(subject, { minLength: 1, maxLength: 5 }), fc.nat(), (subjects, pick) => {
        const concrete = subjects[pick % subjects.length].replaceAll('*', 'z');
        expect(matches(coveringFilter(subjects), concrete)).toBe(true);
      }),
    );
  });

  it('covering filter - is the subject itself for one, and keeps what is common', () => {
    expect(coveringFilter(['evt.runner.run.started.v1.*'])).toBe('evt.runner.run.started.v1.*');
    expect(coveringFilter(['evt.runner.run.started.v1.*', 'evt.runner.run.ended.v1.*'])).toBe('evt.runner.run.*.v1.*');
    expect(coveringFilter(['cmd.a.b.c.v1', 'cmd.a.b.d.v1'])).toBe('cmd.a.b.*.v1');
    expect(coveringFilter(['evt.a.b', 'evt.a.b.c'])).toBe('evt.a.>');
  });

  it('filter pattern - matches as NATS does', () => {
    fc.assert(
      fc.property(subject, subject, fc.boolean(), (filter, text, open) => {
        const whole = open ? `${filter}.>` : filter;
        const concrete = text.replaceAll('*', 'z');
        expect(new RegExp(filterPattern(whole)).test(concrete)).toBe(matches(whole, concrete));
      }),
    );
  });

  it('stream and type - come from the subject alone', () => {
    expect([streamOf('evt.a.b.c.v1.org'), streamOf('cmd.a'), streamOf('tel.a'), streamOf('audit.sealed.x')]).toEqual([
      'EVT',
      'CMD',
      'TEL',
      'AUDIT_SEALED',
    ]);
    expect(() => streamOf('rpc.a.b.c')).toThrow(TypeError);
    expect(typeOf('evt.a.b.c.v1.org_1')).toBe('evt.a.b.c.v1');
    expect(typeOf('cmd.a.b.c.v1')).toBe('cmd.a.b.c.v1');
  });
});
