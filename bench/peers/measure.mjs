import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { choosePort } from '@reenact/embedded';
import { request } from 'undici';
import { Child } from '../harness/child.mjs';
import { closedLoop, times } from '../harness/closed-loop.mjs';
import { IN_FLIGHT, figuresOf, mediansOf } from '../replay/measure.mjs';

const here = (name) => join(import.meta.dirname, name);
const freePort = (name) => choosePort(name, undefined, undefined);
const REGISTER_MS = 30_000;

export async function measureDbos(installation, target, settings) {
  const port = await freePort('DBOS');
  const database = new URL(installation.databaseUrl);
  database.pathname = '/bench_dbos';
  const url = `http://127.0.0.1:${port}`;
  const child = await Child.start([here('dbos.mjs'), String(port), database.href, target.url], { readyUrl: url });
  try {
    return await measure('DBOS', target, settings, (id) => `${url}/replays/${id}`);
  } finally {
    await child.stop();
  }
}

export async function measureRestate(installation, target, settings) {
  const [ingress, admin, node, service] = await Promise.all(['ingress', 'admin', 'node', 'service'].map(freePort));
  const args = [ingress, admin, node, service].map(String);
  const child = await Child.start([here('restate.mjs'), ...args, join(installation.directory, 'restate'), target.url], {
    readyUrl: `http://127.0.0.1:${ingress}/restate/health`,
  });
  try {
    await register(`http://127.0.0.1:${admin}`, `http://127.0.0.1:${service}`);
    return await measure('Restate', target, settings, (id) => `http://127.0.0.1:${ingress}/replay/${id}/run`);
  } finally {
    await child.stop();
  }
}

/** Calls that are answered when the workflow has ended. */
async function measure(name, target, { rounds, perRound }, urlOf) {
  const figures = [];
  for (let round = 0; round <= rounds; round += 1) {
    const before = target.seen.requests;
    const { latencies, elapsedMs } = await closedLoop(IN_FLIGHT, times(perRound), () => run(urlOf(randomUUID())));
    const performed = target.seen.requests - before;
    if (performed !== perRound) throw new Error(`${name}: ${perRound} workflows performed ${performed} actions`);
    if (round > 0) figures.push(figuresOf(latencies, elapsedMs));
    process.stderr.write(`${name}: ${round === 0 ? 'warm' : `round ${round} of ${rounds}`}\n`);
  }
  return mediansOf(figures);
}

async function run(url) {
  const answer = await request(url, { method: 'POST' });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode}: ${text}`);
}

/** Tells Restate where the service is, as soon as it listens. */
async function register(adminUrl, serviceUrl) {
  const deadline = performance.now() + REGISTER_MS;
  for (;;) {
    const answer = await fetch(`${adminUrl}/deployments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ uri: serviceUrl }),
    }).catch((error) => error);
    if (answer.ok) return;
    if (performance.now() > deadline) throw new Error(`Restate did not take the service: ${await answer.text?.()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
