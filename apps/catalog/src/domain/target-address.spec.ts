import { Problem, type TargetKind } from '@reenact/contracts';
import { checkTargetHeaders, checkTargetUrl } from './target-address.js';

const pathsOf = (work: () => unknown): string[] => {
  try {
    work();
  } catch (error) {
    expect(error).toMatchObject({ code: 'validation_failed' });
    return ((error as Problem).options.errors ?? []).map(({ path }) => path);
  }
  return [];
};

describe('target address', () => {
  it.each<[TargetKind, string]>([
    ['http', 'https://tickets.example.com'],
    ['http', 'http://127.0.0.1:4000/v2/'],
    ['http', 'http://[::1]:4000/'],
    ['http', 'http://10.0.0.7:4000/'],
    ['http', 'https://1234.example.com/'],
    ['nats', 'nats://[::1]:4222'],
    ['nats', 'nats://broker.example.com:4222'],
    ['nats', 'tls://broker.example.com'],
  ])('takes %s %s', (kind, url) => {
    expect(pathsOf(() => checkTargetUrl(kind, url))).toEqual([]);
  });

  it.each<[TargetKind, string]>([
    ['http', '/tickets'],
    ['http', 'tickets.example.com'],
    ['http', 'http:tickets.example.com'],
    ['http', 'http:///tickets'],
    ['http', 'http://'],
    ['http', 'ftp://tickets.example.com/'],
    ['http', 'file:///etc/passwd'],
    ['http', 'nats://broker:4222'],
    ['http', 'https://user@tickets.example.com/'],
    ['http', 'https://:secret@tickets.example.com/'],
    ['http', 'https://tickets.example.com/?token=1'],
    ['http', 'https://tickets.example.com/#a'],
    ['http', 'https://tickets.example.com/?'],
    ['http', ' https://tickets.example.com/'],
    ['http', 'https://tickets.example.com\\@evil.example/'],
    ['http', 'https://tick\nets.example.com/'],
    ['http', 'https://tickéts.example.com/'],
    ['http', 'http://2130706433'],
    ['http', 'http://0x7f.1:4000/'],
    ['http', 'http://0177.0.0.1/'],
    ['http', 'http://127.1'],
    ['http', 'http://127.0.0.1./'],
    ['http', 'http://[0:0:0:0:0:0:0:1]/'],
    ['nats', 'nats://2130706433:4222'],
    ['nats', 'https://broker.example.com'],
    ['nats', 'nats://broker:4222/path'],
    ['nats', 'nats://user:secret@broker:4222'],
  ])('refuses %s %s', (kind, url) => {
    expect(pathsOf(() => checkTargetUrl(kind, url))).toEqual(['/url']);
  });

  it('takes headers with a value or a secret, in lower case', () => {
    expect(checkTargetHeaders({ 'X-Source': { value: 'reenact, v1' }, Authorization: { secretRef: 'ticket.token' } })).toEqual({
      'x-source': { value: 'reenact, v1' },
      authorization: { secretRef: 'ticket.token' },
    });
  });

  it('names every header that it refuses', () => {
    const wrong = {
      'x y': { value: 'a' },
      Host: { value: 'evil' },
      'content-length': { value: '0' },
      'x-crlf': { value: 'a\r\nx: y' },
      'x-space': { value: ' a' },
      'x-empty': { value: '' },
      'x-both': { value: 'a', secretRef: 'b' },
      'x-none': {},
      'x-text': 'a',
      'x-other': { env: 'HOME' },
      'x-up': { secretRef: '../token' },
      'x-dots': { secretRef: 'a..b' },
      'x-slash': { secretRef: 'a/b' },
      'x-fine': { value: 'a' },
      'X-Fine': { value: 'b' },
      'a/b': { value: 'a' },
    };
    const refused = Object.keys(wrong).filter((name) => name !== 'x-fine');
    expect(pathsOf(() => checkTargetHeaders(wrong)).sort()).toEqual(
      refused.map((name) => `/headers/${name.replace('/', '~1')}`).sort(),
    );
    const many = Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`x-${n}`, { value: 'a' }]));
    expect(pathsOf(() => checkTargetHeaders(many))).toEqual(['/headers']);
  });
});
