import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(__dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const byName = (a: string, b: string) => a.localeCompare(b);
const pages = execFileSync('git', ['ls-files', '*.md'], { cwd: root, encoding: 'utf8' }).trim().split('\n');

describe('docs', () => {
  it.each(pages)('%s - links to files that are there', (page) => {
    const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)]
      .map((match) => match[1])
      .filter((link) => !/^(https?:|#)/.test(link));
    const missing = links.filter((link) => !existsSync(join(root, dirname(page), link.split('#')[0])));
    expect(missing).toEqual([]);
  });

  it('README - its folder table names every app, and only what is there', () => {
    const named = [...read('README.md').matchAll(/^\| `([a-z0-9/-]+)`/gm)]
      .map((match) => match[1])
      .filter((path) => path.includes('/'));
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    const apps = readdirSync(join(root, 'apps')).map((name) => `apps/${name}`);
    expect(apps.filter((path) => !named.includes(path))).toEqual([]);
  });

  it('README - names only variables and options that the code reads', () => {
    const names = [...read('README.md').matchAll(/`(REENACT_[A-Z0-9_]+|--[a-z-]+)/g)].map((match) => match[1]);
    const sources = execFileSync(
      'git',
      ['grep', '-hoE', "REENACT_[A-Z0-9_]+|'?(no-demo|exit|separate)'?", '--', 'apps', 'libs'],
      {
        cwd: root,
        encoding: 'utf8',
      },
    );
    expect(names.filter((name) => !sources.includes(name.replace(/^--/, '')))).toEqual([]);
  });

  it('docs/settings.md - names every variable that a service reads, and no other', () => {
    const named = new Set(read('docs/settings.md').match(/REENACT_[A-Z0-9_]+[A-Z0-9]/g));
    const files = execFileSync('git', ['ls-files', 'apps/*.ts', 'libs/*.ts'], { cwd: root, encoding: 'utf8' }).trim().split('\n');
    const ofServices = files.filter(
      (file) => !/\.(int-|prop-|e2e-)?spec\.ts$|harness|^libs\/(testing|embedded)\/|^apps\/(local|system-e2e)\//.test(file),
    );
    const used = new Set(ofServices.flatMap((file) => read(file).match(/REENACT_[A-Z0-9_]+[A-Z0-9]/g) ?? []));
    // One makes processes die in tests, one is the place of all defaults, one is what some begin with.
    for (const name of ['REENACT_CRASH_AT', 'REENACT_HOME', 'REENACT_S3']) used.delete(name);
    named.delete('REENACT_HOME');
    expect([...used].filter((name) => !named.has(name))).toEqual([]);
    expect([...named].filter((name) => !used.has(name))).toEqual([]);
  });

  it('CONTRIBUTING.md - names every variable that tests read, and no other', () => {
    const named = new Set(read('CONTRIBUTING.md').match(/REENACT_[A-Z0-9_]+/g));
    const files = execFileSync('git', ['ls-files', 'apps', 'libs', 'tools'], { cwd: root, encoding: 'utf8' }).trim().split('\n');
    const ofTests = files.filter((file) =>
      /spec\.ts$|\.harness\.ts$|^libs\/testing\/|^apps\/system-e2e\/|^tools\/jest\//.test(file),
    );
    const used = new Set(
      ofTests.flatMap((file) => [...read(file).matchAll(/process\.env\.(REENACT_[A-Z0-9_]+)/g)].map((match) => match[1])),
    );
    expect([...named].toSorted(byName)).toEqual([...used].toSorted(byName));
  });

  it('docs/adr - every decision is listed, dated and complete', () => {
    const decisions = readdirSync(join(root, 'docs/adr')).filter((name) => /^\d{4}-/.test(name));
    const index = read('docs/adr/README.md');
    for (const name of decisions) {
      expect(index).toContain(`(${name})`);
      const text = read(`docs/adr/${name}`);
      expect(text).toMatch(/^# \d+\. .+\n\nDate: \d{4}-\d\d-\d\d\. Status: (accepted|superseded by .+)\.\n/);
      const tests = [...text.matchAll(/`((?:apps|libs|tools)\/[\w./-]+\.[a-z]+)`/g)].map((match) => match[1]);
      expect(tests.filter((path) => !existsSync(join(root, path)))).toEqual([]);
      for (const part of [
        '## Context',
        '## Decision',
        '## Consequences',
        '- Security:',
        '- Audit:',
        '- Compatibility:',
        '- Tests:',
      ]) {
        expect([name, text.includes(part)]).toEqual([name, true]);
      }
    }
  });
});
