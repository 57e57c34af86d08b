// The boundaries of the code base, a sentence each. `places` are files below the root; a rule looks at imports, calls or both.
const SERVICES = ['ingest', 'catalog', 'incident', 'replay-orchestrator', 'approval', 'runner', 'audit', 'gateway'];
const APPS = [...SERVICES, 'local', 'system-e2e', 'console', 'cli'];
const PURE = /^libs\/(contracts|pipeline|transparency-log|credentials)\/src\/|\/domain\//;
const FRAMEWORKS = [
  '@nestjs/',
  'typeorm',
  'pg',
  '@nats-io/',
  'nats',
  'fastify',
  '@fastify/',
  'undici',
  'rxjs',
  'pino',
  'prom-client',
];
const PLATFORM = ['messaging', 'persistence', 'service-kit', 'object-store', 'embedded', 'agent-sdk'].map(
  (name) => `@reenact/${name}`,
);
const TESTS = /spec\.ts$|\.harness\.ts$|\.conformance\.ts$|^libs\/testing\/|^apps\/system-e2e\//;

const comesFrom = (specifier, names) =>
  names.some((name) => specifier === name || specifier.startsWith(name.endsWith('/') ? name : `${name}/`));
const isApp = (specifier) =>
  comesFrom(
    specifier,
    APPS.map((name) => `@reenact/${name}`),
  );
const packageOf = (place) => place.split('/').slice(0, 2).join('/');

export const RULES = [
  {
    name: 'services-stay-apart',
    sentence: 'A service imports contracts and platform libs, never another service; only local imports services.',
    applies: (place) => /^apps\//.test(place) && !/^apps\/(local|system-e2e)\//.test(place),
    refuses: (specifier, place) => isApp(specifier) && !comesFrom(specifier, [`@reenact/${place.split('/')[1]}`]),
  },
  {
    name: 'libs-know-no-apps',
    sentence: 'A lib never imports an app.',
    applies: (place) => /^libs\//.test(place),
    refuses: isApp,
  },
  {
    name: 'packages-have-doors',
    sentence: 'A package is entered by its name, never by a relative path into its folder.',
    applies: (place) => /^(apps|libs)\//.test(place),
    refuses: (specifier, place, target) => target !== undefined && packageOf(target) !== packageOf(place),
  },
  {
    name: 'pure-knows-no-framework',
    sentence:
      'contracts, pipeline, transparency-log, credentials and every domain/ import no Nest, no TypeORM, no NATS and no platform lib.',
    applies: (place) => PURE.test(place) && !TESTS.test(place),
    refuses: (specifier) => comesFrom(specifier, [...FRAMEWORKS, ...PLATFORM]),
  },
  {
    name: 'pure-has-no-clock',
    sentence: 'contracts, pipeline, transparency-log, credentials and every domain/ ask no clock: time is a parameter.',
    applies: (place) => PURE.test(place) && !TESTS.test(place),
    refusesClock: true,
  },
  {
    name: 'handlers-know-no-transport',
    sentence: 'A handler knows no HTTP and no NATS types: its entry translates.',
    applies: (place) => /\.handler\.ts$/.test(place),
    refuses: (specifier) =>
      comesFrom(specifier, [
        'fastify',
        '@fastify/',
        '@nestjs/platform-fastify',
        '@nestjs/microservices',
        '@nestjs/swagger',
        '@nats-io/',
        'node:http',
        'http',
      ]),
    refusesNames: (specifier, name) =>
      specifier === '@nestjs/common' &&
      /Exception$|^(Req|Res|Headers|Body|Param|Query|HttpStatus|HttpCode|Get|Post|Put|Patch|Delete|Controller)$/.test(name),
  },
  {
    name: 'only-messaging-acknowledges',
    sentence: 'Only libs/messaging talks to JetStream, so that one place acknowledges.',
    applies: (place) => !/^libs\/messaging\//.test(place) && !TESTS.test(place) && /^(apps|libs)\//.test(place),
    refuses: (specifier) => comesFrom(specifier, ['@nats-io/jetstream']),
  },
  {
    name: 'tests-stay-in-tests',
    sentence: 'Only tests import @reenact/testing and Nest testing.',
    applies: (place) => /^(apps|libs)\//.test(place) && !TESTS.test(place),
    refuses: (specifier) => comesFrom(specifier, ['@reenact/testing', '@nestjs/testing']),
  },
  {
    name: 'console-knows-its-client-only',
    sentence: 'The console imports only its generated client, never a package of ours.',
    applies: (place) => /^apps\/console\//.test(place),
    refuses: (specifier) => comesFrom(specifier, ['@reenact/']),
  },
];
