import fc from 'fast-check';
import { httpPathFault } from '@reenact/pipeline';
import { actionUrl, assertActionSubject, targetUrl } from './target-url.js';

const BASE = 'https://tickets.example.com/v2/';

describe('target-url', () => {
  it.each([
    [BASE, '/tickets', 'https://tickets.example.com/v2/tickets'],
    ['https://tickets.example.com', '/tickets?dry=no&x=a%20b', 'https://tickets.example.com/tickets?dry=no&x=a%20b'],
    ['http://127.0.0.1:7999/', '/', 'http://127.0.0.1:7999/'],
    ['http://[::1]:7999/a', '/b/', 'http://[::1]:7999/a/b/'],
    [BASE, '/users/a@b.c', 'https://tickets.example.com/v2/users/a@b.c'],
    [BASE, '/a/..b/c..', 'https://tickets.example.com/v2/a/..b/c..'],
    [BASE, '/a/100%25/b%2525', 'https://tickets.example.com/v2/a/100%25/b%2525'],
    [BASE, "/o'neil?q='x'&r=?", "https://tickets.example.com/v2/o'neil?q=%27x%27&r=?"],
  ])('%s with %s', (base, path, url) => {
    expect(actionUrl(base, path).href).toBe(url);
  });

  it.each([
    '//evil.example/x',
    '@evil.example',
    'tickets',
    'https://evil.example/',
    '/../admin',
    '/a/../../admin',
    '/a/./b',
    '/a/..',
    '/..;/admin',
    '/a/..%3bx/admin',
    '/%2e%2e/admin',
    '/%2E./admin',
    '/.%2e/admin',
    '/%252e%252e/admin',
    '/a/%252%65%252%65/admin',
    '/a/%25%32%65%25%32%65/admin',
    '/%25%35%63../admin',
    '/a/..%253%62/x',
    '/a/%2525252e%2525252e/x',
    '/..%2fadmin',
    '/a%5c..%5cadmin',
    '/\\evil.example',
    '\\\\evil.example',
    '/a b',
    '/a\tb',
    '/a\r\nHost: evil',
    '/a%0d%0aHost',
    '/a%00',
    '/a#b',
    '/a%zz',
    '/ü',
    `/${'a'.repeat(9000)}`,
    '',
  ])('refuses the path %j', (path) => {
    expect(() => actionUrl(BASE, path)).toThrow(expect.objectContaining({ code: 'target_refused' }));
  });

  it.each([
    'ftp://tickets.example.com/',
    'https://user:secret@tickets.example.com/',
    'https://tickets.example.com@evil.example/',
    'https://tickets.example.com\\@evil.example/',
    'https://tickets.example.com/?a',
    'https://tickets.example.com/#a',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0177.0.0.1/',
    'http://127.1/',
    'http://127.0.0.1./',
    'http://１２７.0.0.1/',
    'http://[0:0:0:0:0:0:0:1]/',
    'https:///x',
    'tickets',
    '',
  ])('refuses the target %j', (target) => {
    expect(() => targetUrl(target)).toThrow(expect.objectContaining({ code: 'target_refused' }));
  });

  it('whatever the path, the URL stays inside the target', () => {
    const nasty = fc.constantFrom(
      '/',
      '.',
      '..',
      '%2e',
      '%2f',
      '\\',
      '@',
      '//',
      ':',
      '?',
      '#',
      'a',
      '%5c',
      '%25',
      '%32',
      '%65',
      '252%65',
      ' ',
      'evil.example',
      '\t',
      '[',
      ';',
      '%3b',
      "'",
    );
    fc.assert(
      fc.property(fc.array(nasty, { maxLength: 8 }), fc.string(), (parts, tail) => {
        const path = `/${parts.join('')}${tail}`;
        let url: URL;
        try {
          url = actionUrl(BASE, path);
        } catch (error) {
          expect(error).toMatchObject({ code: 'target_refused' });
          // A plan has no such action in the first place.
          expect(httpPathFault(path)).toBe((error as Error).message);
          return;
        }
        expect(httpPathFault(path)).toBeUndefined();
        expect(url.origin).toBe('https://tickets.example.com');
        expect(url.pathname.startsWith('/v2/')).toBe(true);
        const segments = decoded(decoded(decoded(url.pathname))).split(/[/\\]/);
        expect(segments.map((segment) => segment.split(';', 1)[0])).not.toContain('..');
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['a.>', 'a.*', '', 'a..b', '$SYS.REQ', '_INBOX.a', 'a b', 'a.'])('refuses the subject %j', (subject) => {
    expect(() => assertActionSubject(subject)).toThrow(expect.objectContaining({ code: 'target_refused' }));
  });

  it.each(['tickets.made.v1', 'orders.user:42', 'a/b'])('takes the subject %s', (subject) => {
    expect(() => assertActionSubject(subject)).not.toThrow();
  });
});

/** As the most forgiving of servers would. */
function decoded(text: string): string {
  return text.replaceAll(/%([0-9a-f]{2})/gi, (_escape, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
