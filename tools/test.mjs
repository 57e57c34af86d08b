// `npm test`: everything that must hold, as one number. Its last line is `N passed, N failed`.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bin, build, install, requireNode, root, runQuietly } from './workspace.mjs';

requireNode();
install();

const CHECKS = [
  ['build', () => build()],
  // After the build: the rules that know types read the declarations of what is imported.
  ['lint', () => runQuietly([bin('oxlint'), '--type-aware', '--deny-warnings'])],
  ['format', () => runQuietly([bin('biome'), 'format', '.'])],
  ['types of tests', () => runQuietly([bin('tsc'), '-p', 'tsconfig.spec.json'])],
];

const GRACE_SECONDS = 20;

let passed = 0;
let failed = 0;
for (const [name, check] of CHECKS) {
  const good = await check();
  console.log(`${good ? 'ok    ' : 'FAILED'} ${name}`);
  if (good) passed += 1;
  else failed += 1;
}

const results = await jest(process.argv.slice(2));
passed += results.passed;
failed += results.failed;
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** Runs Jest, showing its report, and counts its tests; a suite that cannot run counts as one failure. */
async function jest(args) {
  const directory = mkdtempSync(join(tmpdir(), 'reenact-test-'));
  const file = join(directory, 'results.json');
  try {
    const child = spawn(process.execPath, [bin('jest'), '--json', `--outputFile=${file}`, ...args], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const code = await ending(child, () => existsSync(file));
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(file, 'utf8'));
    const counted = numFailedTests + numRuntimeErrorTestSuites;
    return { passed: numPassedTests, failed: code !== 0 && counted === 0 ? 1 : counted };
  } catch (error) {
    console.log(`Jest did not finish: ${error.message}`);
    return { passed: 0, failed: 1 };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The exit code of Jest. One that has its results and does not end has leaked something: it is ended, and that is a failure. */
function ending(child, hasResults) {
  return new Promise((resolve) => {
    let seen = 0;
    const timer = setInterval(() => {
      if (hasResults()) seen += 1;
      if (seen > GRACE_SECONDS) {
        console.log('Jest does not end after its last test: something was left open.');
        child.kill('SIGKILL');
      }
    }, 1000);
    child.once('close', (code) => {
      clearInterval(timer);
      resolve(code);
    });
  });
}
