import { type PlanHeader, type Replay } from '@reenact/contracts';
import { ended, type Play } from './sample-incident.js';
import { expect, type StepList } from './step-list.js';
import type { TicketServer } from './ticket-server.js';

interface PlanPage {
  planDigest: string;
  header: PlanHeader;
  items: { index: number; offset: number; disposition: 'perform' | 'already_done'; idempotencyKey: string }[];
  nextCursor: string | null;
}

interface Report {
  input: { scanned: number; selected: number };
  divergences: { compared: number; count: number; first: { explanation: string } | null };
}

export interface DryRunResult {
  dryRun: Replay;
  header: PlanHeader;
  /** The keys of the actions still to be done. */
  toDo: Set<string>;
}

/** The exact version runs again over the captured input; nothing happens but a plan and a comparison. */
export async function playDryRun(play: Play, steps: StepList, tickets: TicketServer, artifactId: string): Promise<DryRunResult> {
  const { operator } = play;
  const requests = tickets.requests;

  const dryRun = await steps.step(async () => {
    const asked = await operator.post<Replay>('replays', { artifactId, mode: 'dry_run', reason: 'See what is missing' });
    const replay = await ended(operator, asked.id);
    expect(replay.state === 'succeeded', `the dry run ended as ${replay.state}: ${replay.rejection?.detail ?? ''}`);
    return { said: `Dry run ${replay.id} succeeded`, value: replay };
  }, 'Dry run');

  const plan = await steps.step(async () => {
    const pages: PlanPage[] = [];
    for (let cursor: string | null = ''; cursor !== null; cursor = pages[pages.length - 1].nextCursor) {
      pages.push(
        await operator.get<PlanPage>(`replays/${dryRun.id}/plan?limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`),
      );
    }
    const [{ header, planDigest }] = pages;
    const items = pages.flatMap((page) => page.items);
    expect(header.actions > 0 && header.alreadyDone > 0, `the plan has ${header.actions} to do and ${header.alreadyDone} done`);
    expect(items.length === header.actions + header.alreadyDone, `the pages hold ${items.length} actions`);
    const toDo = new Set(items.filter((item) => item.disposition === 'perform').map((item) => item.idempotencyKey));
    const said = `Plan ${planDigest.slice(7, 19)}: ${header.actions} tickets to make, ${header.alreadyDone} made already`;
    return { said, value: { header, toDo } };
  }, 'Read the plan');

  await steps.step(async () => {
    const { input, divergences } = await operator.get<Report>(`replays/${dryRun.id}/report`);
    expect(input.scanned > 0, 'the report saw no record');
    const first = divergences.first ? `, the first: ${divergences.first.explanation}` : '';
    const said = `Report: ${input.scanned} records read, ${divergences.compared} actions compared, ${divergences.count} divergences${first}`;
    return { said, value: undefined };
  }, 'Read the report');

  await steps.step(async () => {
    expect(tickets.requests === requests, `the ticket server saw ${tickets.requests - requests} requests`);
    return { said: 'The ticket server saw nothing of it', value: undefined };
  }, 'Nothing happened');

  return { dryRun, ...plan };
}
