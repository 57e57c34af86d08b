import { httpPathFault, natsSubjectFault } from './address.js';

describe('http-path-fault', () => {
  it.each([
    '/',
    '/tickets',
    '/tickets?dry=no&x=a%20b',
    '/a/..b/c../.d/...',
    "/users/a@b.c;v=1/o'neil?q='x'",
    '/a//b/',
    '/%C3%BC?x=%2e%2f&y=[1]',
  ])('lets %s pass', (path) => {
    expect(httpPathFault(path)).toBeUndefined();
  });

  it.each([
    '',
    'tickets',
    '//evil.example/x',
    '/a b',
    '/a%09',
    '/a%00',
    '/a%250a',
    '/a?x=%zz',
    '/a?x=%2',
    '/%252e/x',
    '/%2e%2e/admin',
    '/..%2fadmin',
    '/a%5c..',
    '/../admin',
    '/a/.',
    '/..;/admin',
    '/..;a=b/admin',
    '/.;/admin',
    '/..%3b/admin',
    '/..%253Bx/admin',
    '/a#b',
    '/a|b',
    '/ü',
    '/%ff',
    `/${'a'.repeat(5000)}`,
  ])('refuses %s', (path) => {
    expect(httpPathFault(path)).toEqual(expect.any(String));
  });
});

describe('nats-subject-fault', () => {
  it.each(['a', 'orders.paid', 'orders.user:42', 'a/b.c', 'a-b._c', 'x.$y', "o'neil.{1}"])('lets %s pass', (subject) => {
    expect(natsSubjectFault(subject)).toBeUndefined();
  });

  it.each([
    '',
    'a b',
    'a\t',
    'a.*',
    'a*',
    'a.>',
    'a>b',
    'a..b',
    '.a',
    'a.',
    '$SYS.x',
    '$JS.API',
    '_INBOX.x',
    '_R_.x',
    'ü',
    'a\u007f',
  ])('refuses %s', (subject) => {
    expect(natsSubjectFault(subject)).toEqual(expect.any(String));
  });
});
