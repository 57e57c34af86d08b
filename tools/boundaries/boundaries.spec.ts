import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** One file that breaks each rule in every way it names, and one beside it that does not. */
const FIXTURES: Record<string, { bites: [place: string, code: string][]; spares: [place: string, code: string][] }> = {
  'services-stay-apart': {
    bites: [
      ['apps/ingest/src/a.ts', `import { CatalogModule } from '@reenact/catalog';`],
      ['apps/gateway/src/a.ts', `export * from '@reenact/runner/execute';`],
      ['apps/cli/src/a.ts', `export const load = () => import('@reenact/local');`],
    ],
    spares: [
      ['apps/local/src/a.ts', `import '@reenact/catalog';`],
      ['apps/ingest/src/b.ts', `import '@reenact/contracts';`],
    ],
  },
  'libs-know-no-apps': {
    bites: [['libs/messaging/src/a.ts', `import '@reenact/audit';`]],
    spares: [['libs/messaging/src/b.ts', `import '@reenact/contracts';`]],
  },
  'packages-have-doors': {
    bites: [['apps/ingest/src/c/a.ts', `import '../../../catalog/src/index.js';`]],
    spares: [['apps/ingest/src/c/b.ts', `import '../index.js';`]],
  },
  'pure-knows-no-framework': {
    bites: [
      ['libs/contracts/src/a.ts', `import { Injectable } from '@nestjs/common';`],
      ['libs/pipeline/src/a.ts', `import { DataSource } from 'typeorm';`],
      ['libs/credentials/src/a.ts', `import '@nats-io/transport-node';`],
      ['libs/transparency-log/src/a.ts', `import pg from 'pg';`],
      ['apps/approval/src/domain/a.ts', `import { Clock } from '@reenact/service-kit';`],
      ['apps/approval/src/decide/domain/a.ts', `import '@nestjs/core';`],
    ],
    spares: [
      ['libs/contracts/src/b.ts', `import 'class-validator';`],
      ['apps/approval/src/domain/b.ts', `import '@reenact/contracts';`],
      ['apps/approval/src/decide/a.handler.ts', `import { Injectable } from '@nestjs/common';`],
    ],
  },
  'pure-has-no-clock': {
    bites: [
      ['libs/pipeline/src/c.ts', `export const now = Date.now();`],
      ['apps/runner/src/domain/c.ts', `export const now = new Date();`],
      ['apps/runner/src/domain/d.ts', `export const now = performance.now();`],
      ['apps/runner/src/domain/e.ts', `export const ask = Date.now;`],
    ],
    spares: [
      ['apps/runner/src/domain/f.ts', `export const parse = (text: string) => new Date(text);`],
      ['apps/runner/src/domain/g.spec.ts', `export const now = Date.now();`],
      ['apps/runner/src/claim/a.timer.ts', `export const now = Date.now();`],
    ],
  },
  'handlers-know-no-transport': {
    bites: [
      ['apps/ingest/src/x/a.handler.ts', `import type { FastifyRequest } from 'fastify';`],
      ['apps/ingest/src/x/b.handler.ts', `import { NotFoundException } from '@nestjs/common';`],
      ['apps/ingest/src/x/c.handler.ts', `import { Injectable, Req } from '@nestjs/common';`],
      ['apps/ingest/src/x/d.handler.ts', `import { Ctx } from '@nestjs/microservices';`],
      ['apps/ingest/src/x/e.handler.ts', `import type { NatsConnection } from '@nats-io/transport-node';`],
    ],
    spares: [
      ['apps/ingest/src/x/f.handler.ts', `import { Injectable } from '@nestjs/common';`],
      ['apps/ingest/src/x/f.http.ts', `import { Req } from '@nestjs/common';`],
    ],
  },
  'only-messaging-acknowledges': {
    bites: [['apps/audit/src/a.ts', `import { jetstream } from '@nats-io/jetstream';`]],
    spares: [
      ['libs/messaging/src/c.ts', `import '@nats-io/jetstream';`],
      ['apps/audit/src/a.int-spec.ts', `import '@nats-io/jetstream';`],
    ],
  },
  'tests-stay-in-tests': {
    bites: [['apps/audit/src/b.ts', `import { FakeClock } from '@reenact/testing';`]],
    spares: [['apps/audit/src/b.spec.ts', `import { FakeClock } from '@reenact/testing';`]],
  },
  'console-knows-its-client-only': {
    bites: [['apps/console/src/a.tsx', `import { Problem } from '@reenact/contracts';`]],
    spares: [['apps/console/src/b.tsx', `import './client/index.js';`]],
  },
};

const root = join(__dirname, '../..');
const config = join(root, '.oxlintrc.json');

describe('boundaries', () => {
  let directory: string;
  let found: Set<string>;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'reenact-boundaries-'));
    for (const [place, code] of Object.values(FIXTURES).flatMap(({ bites, spares }) => [...bites, ...spares])) {
      const file = join(directory, place);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `${code}\n`, { flag: 'wx' });
    }
    found = new Set(lint(directory).map(({ code, filename }) => `${code} ${filename}`));
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it.each(Object.entries(FIXTURES))('%s - bites what it names and spares the rest', (rule, { bites, spares }) => {
    const caught = ([place]: [string, string]) => found.has(`boundaries(${rule}) ${place}`);
    expect(bites.filter((fixture) => !caught(fixture))).toEqual([]);
    expect(spares.filter(caught)).toEqual([]);
  });

  it('shows a fixture for every rule that there is, and every rule is on', () => {
    const rules = Object.keys(JSON.parse(readFileSync(config, 'utf8')).rules).filter((name) => name.startsWith('boundaries/'));
    const declared = [...readFileSync(join(__dirname, 'rules.mjs'), 'utf8').matchAll(/^ {4}name: '(.+)',$/gm)].map(
      ([, name]) => name,
    );
    expect(rules.map((name) => name.slice('boundaries/'.length)).sort()).toEqual(Object.keys(FIXTURES).sort());
    expect(declared.sort()).toEqual(Object.keys(FIXTURES).sort());
  });
});

interface Diagnostic {
  code: string;
  filename: string;
}

function lint(cwd: string): Diagnostic[] {
  const args = [join(root, 'node_modules/oxlint/bin/oxlint'), '-c', config, '-f', 'json', '.'];
  try {
    return JSON.parse(execFileSync(process.execPath, args, { cwd, encoding: 'utf8' })).diagnostics;
  } catch (error) {
    // Faults were found, which is what is wanted here.
    return JSON.parse((error as { stdout: string }).stdout).diagnostics;
  }
}
