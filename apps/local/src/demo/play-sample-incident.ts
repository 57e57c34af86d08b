import { type Page, type Replay, TERMINAL_STATES } from '@reenact/contracts';
import type { Connection } from '../connection-file.js';
import { playAudit } from './audit.act.js';
import { playDryRun } from './dry-run.act.js';
import { playEvidence } from './evidence.act.js';
import { playExecute } from './execute.act.js';
import { ended, type Play, preparePlay } from './sample-incident.js';
import { expect, StepList } from './step-list.js';
import { openTicketServer } from './ticket-server-home.js';

/**
 * Plays the sample incident from the failure to the verified log, through the APIs that agents and operators use.
 * Answers whether every step was as expected.
 */
export async function playSampleIncident(
  connection: Connection,
  home: string,
  load: NodeJS.Require,
  print: (line: string) => void,
): Promise<boolean> {
  const play = preparePlay(connection, home);
  const steps = new StepList(print);
  const tickets = await openTicketServer(play.directory);
  try {
    print('The sample incident: an agent makes tickets out of GitHub webhooks, until the ticket server fails.\n');
    await finishEarlierPlay(play, steps);
    const artifactId = await playEvidence(play, steps, tickets, load);
    const dryRun = await playDryRun(play, steps, tickets.server, artifactId);
    const replay = await playExecute(play, steps, tickets.server, dryRun);
    await playAudit(play, steps, replay);
    print(`\n${steps.summary}.`);
    return true;
  } catch {
    print(`\n${steps.summary}. The step above says why.`);
    return false;
  } finally {
    await tickets.server.stop();
  }
}

/** A run that was killed in the middle of a replay lost nothing: the replay went on, or says why it did not. */
async function finishEarlierPlay({ operator }: Play, steps: StepList): Promise<void> {
  const { items } = await operator.get<Page<Replay>>('replays?limit=20');
  const open = items.filter((replay) => !TERMINAL_STATES.includes(replay.state));
  if (open.length === 0) return;
  await steps.step(async () => {
    const closed = await Promise.all(open.map((replay) => ended(operator, replay.id)));
    for (const replay of closed) {
      const says = replay.state === 'rejected' ? replay.rejection !== undefined : true;
      expect(says, `${replay.id} ended as ${replay.state} without a reason`);
    }
    const said = closed.map((replay) => `${replay.mode} ${replay.id}: ${replay.state}`).join(', ');
    return { said: `What an earlier run left unfinished has ended: ${said}`, value: undefined };
  }, 'Finish what an earlier run left');
}
