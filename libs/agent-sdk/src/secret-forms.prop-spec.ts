import fc from 'fast-check';
import type { CapturedEnvironment } from './redact-environment.js';
import { Redactor } from './redactor.js';

const redactor = () => new Redactor(Buffer.alloc(32, 7));
const captured = (args: string[], env: Record<string, string> = {}) =>
  redactor().environmentOf({ pid: 1, cwd: '/srv', args, env });

const characters = (set: string, min: number, max: number) =>
  fc.string({ unit: fc.constantFrom(...set), minLength: min, maxLength: max });
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const word = characters(LETTERS, 8, 40);
/** What people choose: anything but what ends it where it stands. */
const password = characters(`${LETTERS}-_.!$%^*+~`, 8, 40);
const base64 = characters(`${LETTERS}+/`, 16, 60);

/** Secrets by their own form. */
const FORMS: Record<string, fc.Arbitrary<string>> = {
  ...Object.fromEntries(
    [
      'ghp_',
      'gho_',
      'ghs_',
      'github_pat_',
      'glpat-',
      'xoxb-',
      'xoxp-',
      'xapp-',
      'sk_live_',
      'sk-',
      'rk_live_',
      'whsec_',
      'npm_',
      'rnt_agt_',
    ].map((prefix) => [prefix, word.map((rest) => prefix + rest)]),
  ),
  AKIA: characters('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 16, 16).map((rest) => `AKIA${rest}`),
  JWT: fc.tuple(word, word, word).map(([a, b, c]) => `eyJ${a}.eyJ${b}.${c}`),
  PEM: base64.map((key) => `-----BEGIN RSA PRIVATE KEY-----\n${key}\n-----END RSA PRIVATE KEY-----`),
};

/** Texts that hold a secret, whatever the name of the variable. */
const PLACES: Record<string, (secret: string) => string> = {
  'connection string': (secret) => `Server=db;User Id=me;Password=${secret};Encrypt=yes`,
  'connection string, short': (secret) => `Server=db;Uid=me;Pwd=${secret}`,
  'account key': (secret) => `AccountName=a;AccountKey=${secret}==;EndpointSuffix=core`,
  'URL with a password': (secret) => `postgres://me:${secret}@db/x?sslmode=require`,
  'URL with a password alone': (secret) => `redis://:${secret}@cache:6379`,
  'URL with a token': (secret) => `see https://${secret}@host/x.git`,
  'address of a database': (secret) => `me:${secret}@tcp(127.0.0.1:3306)/db`,
  'query of a URL': (secret) => `https://host/path?a=1&access_token=${secret}&b=2`,
  header: (secret) => `Authorization: Bearer ${secret}`,
  'header of an API': (secret) => `X-Api-Key: ${secret}`,
  'scheme of a header': (secret) => `Bearer ${secret}`,
  'basic scheme': (secret) => `Basic ${secret}`,
  JSON: (secret) => `{"user":"me","dbPassword":"${secret}"}`,
  YAML: (secret) => `user: me\nclientSecret: ${secret}\n`,
  command: (secret) => `mysql -h db -p${secret} x`,
  'command with an option': (secret) => `tool --password ${secret} run`,
  curl: (secret) => `curl -u me:${secret} https://host`,
};

const NAMES =
  'ENCRYPTION_KEY SIGNING_KEY STRIPE_KEY JWT MYSQL_PWD DB_PASS SECRET_KEY_BASE GOOGLE_APPLICATION_CREDENTIALS SENTRY_DSN apiKey ' +
  'npm_config__authToken APIKEY CONN_STR PASSPHRASE SESSION_COOKIE SMTP_PW HASH_SALT';

/** How a secret is told to a process by arguments. */
const ARGUMENTS: Record<string, (secret: string) => string[]> = {
  'header of curl': (secret) => ['-H', `Authorization: Basic ${secret}`],
  'header, glued': (secret) => [`-HX-Auth-Token:${secret}`],
  'header, named': (secret) => [`--header=Cookie: id=${secret}`],
  'password, glued': (secret) => [`-p${secret}`],
  'password, short': (secret) => ['-p', secret],
  'password, behind its name': (secret) => ['--password', secret],
  'password that looks like an option': (secret) => ['--db-pass', `-${secret}`],
  'password, assigned': (secret) => [`--signingKey=${secret}`],
  'password, short and assigned': (secret) => [`-p=${secret}`],
  variable: (secret) => [`MYSQL_PWD=${secret}`],
  property: (secret) => [`-Dspring.datasource.password=${secret}`],
  element: (secret) => ['--set', `db.passwords[0]=${secret}`],
  user: (secret) => ['-u', `me:${secret}`],
  'user, assigned': (secret) => [`--user=me:${secret}`],
};

describe('environmentOf', () => {
  const around = fc.tuple(fc.constantFrom('', 'x ', '"', 'a,', '('), fc.constantFrom('', ' y', '"', ',b', ')'));

  for (const [what, form] of Object.entries(FORMS)) {
    it(`lets nothing out of a secret of the form ${what}, wherever it stands`, () => {
      fc.assert(
        fc.property(form, around, (secret, [before, after]) => {
          const text = before + secret + after;
          const shown = captured(['run', text, `--x=${text}`, `${secret}=`, `${secret}=1`], { ANY: text });
          for (const line of secret.split('\n').filter((each) => !each.startsWith('-----'))) expect(shown).not.toContain(line);
        }),
        { numRuns: 50 },
      );
    });
  }

  for (const [what, place] of Object.entries(PLACES)) {
    it(`lets nothing out of a secret in a ${what}`, () => {
      fc.assert(
        fc.property(password, (secret) => {
          const text = place(secret);
          expect(captured(['run', text, `--x=${text}`], { ANY: text })).not.toContain(secret);
        }),
        { numRuns: 50 },
      );
    });
  }

  it('lets nothing out of variables with the name of a secret', () => {
    fc.assert(
      fc.property(fc.constantFrom(...NAMES.split(' ')), fc.string({ unit: 'grapheme', minLength: 8 }), (name, secret) => {
        const { env } = JSON.parse(captured([], { [name]: secret })) as CapturedEnvironment;
        expect(env).toEqual([{ name, value: expect.stringMatching(/^rdx1_[A-Za-z0-9_-]{43}$/) }]);
      }),
    );
  });

  for (const [what, args] of Object.entries(ARGUMENTS)) {
    it(`lets nothing out of an argument: ${what}`, () => {
      fc.assert(
        fc.property(password, (secret) => expect(captured(['run', ...args(secret), 'x'])).not.toContain(secret)),
        { numRuns: 50 },
      );
    });
  }

  it('shows what is no secret', () => {
    const args = [
      'run',
      '--port',
      '8080',
      '--config=/etc/app.json',
      '-v',
      '--url=https://host:8443/a/b?c=d',
      'registry.io/app:1.2',
      'a@b.c',
    ];
    const env = {
      HOME: '/root',
      LANG: 'en_GB.UTF-8',
      NODE_ENV: 'production',
      NODE_OPTIONS: '--max-old-space-size=4096 --enable-source-maps',
      OLDPWD: '/srv/app',
      PATH: '/usr/local/bin:/usr/bin:/opt/keys:/opt/token:/bin',
      PWD: '/srv',
      REENACT_NATS_URL: 'nats://127.0.0.1:4222',
    };
    const shown = JSON.parse(captured(args, env)) as CapturedEnvironment;
    expect(shown.args).toEqual(args);
    expect(shown.env).toEqual(Object.entries(env).map(([name, value]) => ({ name, value })));
  });

  it('takes no long time for a long text', () => {
    const begin = performance.now();
    for (const part of ['a', 'a:', ',a:', '://', 'a ', '-p', '--a ', ':a@', 'a=', '" ']) {
      captured([part.repeat(50_000), `x${part.repeat(50_000)} `]);
    }
    expect(performance.now() - begin).toBeLessThan(20_000);
  });
});
