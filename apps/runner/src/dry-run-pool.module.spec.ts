import { type GraphFile, importGraph } from './import-graph.harness.js';

/** Modules that open connections to wherever their caller likes. Nothing that a dry-run pool loads may import one. */
const CLIENTS =
  /^(undici|axios|got|ky|node-fetch|ws|(node:)?(http|https|http2|net|tls|dgram|dns|child_process|worker_threads)(\/.*)?)$/;
/** Globals of the runtime that do the same. */
const GLOBALS = /(?<![.\w])(?:fetch\s*\(|new\s+(?:WebSocket|EventSource|XMLHttpRequest)\b)/;
/** What the services' own infrastructure is reached with, and the one library that may. */
const CARRIERS: [RegExp, string][] = [
  [/^@nats-io\//, 'libs/messaging/'],
  [/^pg$/, 'libs/persistence/'],
  [/^@aws-sdk\//, 'libs/object-store/'],
  [/^@nestjs\/microservices/, 'libs/messaging/'],
];
const RUNNER = 'apps/runner/src/';

/** Every way in which a graph could reach a target, by file. */
function waysOut(graph: GraphFile[]): string[] {
  return graph.flatMap(({ path, source, packages }) => {
    const found = packages.filter((name) => CLIENTS.test(name)).map((name) => `${path} imports ${name}`);
    if (GLOBALS.test(source)) found.push(`${path} uses a global client`);
    for (const [carrier, library] of CARRIERS) {
      const name = packages.find((each) => carrier.test(each));
      if (name !== undefined && !path.startsWith(library)) found.push(`${path} imports ${name}`);
    }
    if (path.startsWith(`${RUNNER}egress/`)) found.push(`${path} is egress`);
    if (path.startsWith(RUNNER) && /\bresolveTargets\b|rpc\.catalog\.target\.resolve/.test(source))
      found.push(`${path} resolves targets`);
    return found;
  });
}

describe('dry-run pool', () => {
  const dryRun = importGraph('dry-run-pool.module.ts');
  const execute = importGraph('execute-pool.module.ts');

  it('loads no HTTP client, no other way out, and no target resolver', () => {
    expect(waysOut(dryRun)).toEqual([]);
  });

  it('is a graph that was really walked: own files and libraries', () => {
    const paths = dryRun.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        'apps/runner/src/dry-run/dry-run.worker.ts',
        'apps/runner/src/make-plan/plan-maker.ts',
        'apps/runner/src/read-run/read-run.rpc.ts',
        'libs/messaging/src/rpc-client.ts',
        'libs/pipeline/src/plan/build-plan.ts',
        'libs/object-store/src/s3-object-store.ts',
      ]),
    );
    expect(paths.length).toBeGreaterThan(100);
  });

  it('is told apart from the execute pool, which has all of it', () => {
    expect(waysOut(execute)).toEqual(
      expect.arrayContaining([
        'apps/runner/src/egress/http-channel.ts imports undici',
        'apps/runner/src/egress/resolve-host.ts imports node:dns/promises',
        'apps/runner/src/egress/nats-channel.ts imports @nats-io/transport-node',
        'apps/runner/src/egress/target-resolver.ts resolves targets',
        'apps/runner/src/egress/http-channel.ts is egress',
      ]),
    );
  });

  it('notices the clients that need no import', () => {
    const file = (source: string): GraphFile => ({ path: 'apps/runner/src/dry-run/x.ts', source, packages: [] });
    expect(waysOut([file('await fetch(url)'), file('new WebSocket(url)')])).toHaveLength(2);
    expect(waysOut([file('await pull.fetch({})')])).toEqual([]);
  });

  it('is loaded without the execute pool by whoever starts it', () => {
    const index = importGraph('index.ts').find(({ path }) => path === 'apps/runner/src/index.ts');
    expect(index?.source).not.toMatch(/^import[^;]*pool\.module/m);
    expect(index?.source).toMatch(/await import\('\.\/dry-run-pool\.module\.js'\)/);
  });
});
