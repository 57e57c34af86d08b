// No answer may hang on where a machine stands: this zone has hours that are skipped and hours that come twice.
process.env.TZ = 'Europe/Berlin';

const swc = (jsc) => [
  '@swc/jest',
  { swcrc: false, sourceMaps: 'inline', module: { type: 'commonjs' }, jsc: { target: 'es2022', keepClassNames: true, ...jsc } },
];

// Nest and its companions are ESM only; Jest runs CommonJS here, so they are transformed too.
const esmOnly = [
  '@nestjs',
  'file-type',
  'strtok3',
  'token-types',
  'uint8array-extras',
  '@tokenizer',
  '@borewit',
  'uid',
  'iterare',
  'cookie',
  'content-disposition',
  '@marcbachmann',
  'canonicalize',
  'typeid-js',
  'uuid',
];

export default {
  rootDir: '.',
  testEnvironment: 'node',
  testMatch: ['<rootDir>/{apps,libs}/*/src/**/*spec.ts', '<rootDir>/tools/**/*spec.ts'],
  testTimeout: 60_000,
  // Most suites wait for servers more than they compute.
  maxWorkers: 2,
  globalSetup: '<rootDir>/tools/jest/global-setup.mjs',
  globalTeardown: '<rootDir>/tools/jest/global-teardown.mjs',
  moduleFileExtensions: ['ts', 'js', 'json', 'node'],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^@reenact/runner/(dry-run|execute)$': '<rootDir>/apps/runner/src/$1-pool.module.ts',
    '^@reenact/([^/]+)$': ['<rootDir>/libs/$1/src/index.ts', '<rootDir>/apps/$1/src/index.ts'],
  },
  transform: {
    '^.+\\.ts$': swc({
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    }),
    'node_modules/.+\\.js$': swc({ parser: { syntax: 'ecmascript' } }),
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly.join('|')})/)`],
};
