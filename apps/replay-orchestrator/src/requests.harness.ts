import { writeFileSync } from 'node:fs';
import { type Artifact, type Problem, type Replay, type RequestReplay, requestReplay, useReserved } from '@reenact/contracts';
import { playAgain, saidBy } from './domain/recorded-history.fixture.js';
import type { ReplayRecord } from './domain/replay.js';
import type { Harness } from './replay-orchestrator.harness.js';
import { JournalStore } from './store/journal.store.js';

/** How tests ask for replays; `harness` is there once they run. */
export class Requests {
  constructor(private readonly harness: () => Harness) {}

  /** A dry run where nothing else is asked for. */
  ask(request: Partial<RequestReplay> & { artifactId: string }, by?: string): Promise<Replay> {
    return this.harness().call(requestReplay, { mode: 'dry_run', reason: 'See', ...request }, by);
  }

  /** An execute of a dry run of the artifact, with an approval. */
  execute(artifact: Artifact = this.harness().neighbours.artifact(), change: Partial<RequestReplay> = {}): Promise<Replay> {
    const { neighbours } = this.harness();
    const dryRunId = neighbours.dryRun(artifact);
    return this.ask({ artifactId: artifact.id, mode: 'execute', dryRunId, approvalId: neighbours.approvalId, ...change });
  }

  /** An execute whose command is out. */
  async dispatched(artifact: Artifact = this.harness().neighbours.artifact()): Promise<Replay> {
    const harness = this.harness();
    const replay = await this.execute(artifact);
    await harness.reaches(replay.id, 'reserving');
    await harness.tell(useReserved, { approvalId: harness.neighbours.approvalId, replayId: replay.id });
    return harness.reaches(replay.id, 'dispatching');
  }
}

/** What every fact of a replay's run says. */
export const runOf = ({ id: replayId, mode }: Replay) => ({ replayId, mode, attempt: 1 });

/** The code of the problem that a call ends with. */
export const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'no problem',
    (error: Problem) => error.code,
  );

/** One history of each shape, for `domain/histories`: what this version did, later versions must do again. */
export async function recordHistories(harness: Harness): Promise<void> {
  const directory = process.env.REENACT_RECORD_HISTORIES;
  if (directory === undefined) return;
  const journal = harness.replicas[0].app.get(JournalStore);
  const rows = await harness.work.query<{ id: string }>('select id from replay_orchestrator.replay order by id');
  for (const { id } of rows) {
    const lines = await journal.read(harness.work, id);
    const [first] = lines;
    const { mode } = (first.message as { replay: ReplayRecord }).replay;
    const shape = [mode, ...lines.map(({ message }) => message.type), (lines.at(-1) ?? first).state];
    const name = shape.join('-').replaceAll('_', '-');
    const recorded = [first, ...playAgain(lines).map(({ line, step }) => ({ ...line, said: saidBy(step) }))];
    writeFileSync(`${directory}/${name}.v2.json`, `${JSON.stringify(recorded, null, 2)}\n`);
  }
}
