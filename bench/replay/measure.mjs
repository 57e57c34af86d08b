import { closedLoop, times } from '../harness/closed-loop.mjs';
import { ALL, Installation } from '../harness/installation.mjs';
import { ProcessorTime } from '../harness/processor-time.mjs';
import { noOpTarget } from '../harness/targets.mjs';
import { median, quantile } from '../harness/statistics.mjs';
import { Ends } from './ends.mjs';
import { allowExecutes, prepareEvidence } from './evidence.mjs';

export const IN_FLIGHT = 64;
const CONFIGURATION = { REENACT_RUNNER_CONCURRENCY: String(IN_FLIGHT), REENACT_HEARTBEATS_PER_MINUTE: '1000000' };

/** Starts a whole installation of separate processes; `work` gets it with a no-op target, and may profile the services it names. */
export async function withInstallation(work, { profile } = {}) {
  const target = await noOpTarget();
  const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const nodeFlags = Object.fromEntries(ALL.map((name) => [name, flags]));
  const installation = await Installation.start(ALL, { env: CONFIGURATION, nodeFlags });
  try {
    return await work(installation, target);
  } finally {
    await installation.stop();
    await target.stop();
  }
}

/**
 * Executes with 64 in flight, each called over HTTP; its event says when it has ended. In `staging` each has a dry run and an
 * approval of its own, made before the clock starts; `dev` asks for neither.
 */
export async function measureReplays(installation, target, { tier, rounds, perRound }) {
  const artifactId = await prepareEvidence(installation, tier, target.url);
  await allowExecutes(installation, tier, 100);
  const context = { installation, artifactId, ends: await Ends.listen(installation.natsUrl) };
  const prepare = () => (tier === 'dev' ? { artifactId, again: true } : approvedDryRun(context));
  const wishes = [];
  const total = (rounds + 1) * perRound;
  await closedLoop(16, times(total), async () => wishes.push(await prepare()));
  process.stderr.write(`${tier}: ${total} prepared\n`);
  const figures = [];
  for (let round = 0; round <= rounds; round += 1) {
    const before = target.seen.requests;
    const meter = new ProcessorTime(installation.pids);
    const { latencies, elapsedMs } = await closedLoop(IN_FLIGHT, times(perRound), () => execute(context, wishes.pop()));
    const processorMs = Object.fromEntries(Object.entries(meter.used()).map(([name, ms]) => [name, ms / perRound]));
    const performed = target.seen.requests - before;
    if (performed !== perRound) throw new Error(`${perRound} replays performed ${performed} actions`);
    if (round > 0) figures.push({ ...figuresOf(latencies, elapsedMs), processorMs });
    process.stderr.write(`${tier}: ${round === 0 ? 'warm' : `round ${round} of ${rounds}`}\n`);
  }
  await context.ends.close();
  return { ...mediansOf(figures), processorMs: processorMediansOf(figures) };
}

/** By process, of a processor per execute. */
function processorMediansOf(figures) {
  const names = Object.keys(figures[0].processorMs);
  return Object.fromEntries(names.map((name) => [name, median(figures.map(({ processorMs }) => processorMs[name]))]));
}

export function figuresOf(latencies, elapsedMs) {
  return { perSecond: (latencies.length * 1000) / elapsedMs, p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) };
}

export function mediansOf(figures) {
  return Object.fromEntries(['perSecond', 'p50', 'p99'].map((name) => [name, median(figures.map((one) => one[name]))]));
}

async function approvedDryRun(context) {
  const { installation, artifactId } = context;
  const dryRunId = await ended(context, { artifactId, mode: 'dry_run', again: true, reason: 'bench' });
  const asked = { action: 'replay_execute', dryRunId, ttl: 'PT1H', reason: 'bench' };
  const { id: approvalId } = await installation.as('operator').post('approvals', asked);
  await installation.as('approver').post(`approvals/${approvalId}/decisions`, { decision: 'approve', reason: 'bench' });
  return { artifactId, dryRunId, approvalId };
}

const execute = (context, wish) => ended(context, { ...wish, mode: 'execute', reason: 'bench' });

/** Asks for a replay and waits until it has succeeded; answers its id. */
export async function ended({ installation, ends }, wish) {
  const { id } = await installation.as('operator').post('replays', wish);
  await ends.of(id, 'succeeded');
  return id;
}
