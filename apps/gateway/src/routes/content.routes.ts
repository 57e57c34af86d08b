import { Injectable } from '@nestjs/common';
import {
  type BlobReference,
  canonicalJson,
  listArtifactEntries,
  listArtifacts,
  OneOf,
  PageQuery,
  Problem,
  readArtifact,
  readJournalPage,
  referArtifactContent,
  referArtifactEntry,
  referPayload,
  referPlan,
  referReport,
} from '@reenact/contracts';
import type { ReplayReport } from '@reenact/pipeline';
import { at, inOrganisation } from '../domain/route.js';
import type { Answer, Call } from '../http/call.js';
import { invalid } from '../http/read-query.js';
import { ask, type Route, route } from '../http/route.js';
import { StreamContentHandler } from '../stream-content/stream-content.handler.js';
import { linesWithoutEvidence, reportWithoutEvidence, WITHHELD_OF_ACTIONS } from '../stream-content/withhold-evidence.js';
import { inSight } from './incident.routes.js';
import { readPlanAsPages } from './replay.routes.js';

class ReportQuery {
  @OneOf(['v1', 'audit_v1'], { optional: true }) format?: 'v1' | 'audit_v1';
}

const ofArtifact = ({ params }: Call) => ({ artifactId: params.artifactId });

/** Evidence, plans, payloads and reports: the calls that stream. */
@Injectable()
export class ContentRoutes {
  readonly routes: Route[] = [
    ask({
      method: 'GET',
      path: 'artifacts',
      summary: 'Artifacts, newest first',
      place: inOrganisation('see'),
      contract: listArtifacts,
      fixed: ['projectIds'],
      given: inSight,
    }),
    ask({
      method: 'GET',
      path: 'artifacts/:artifactId',
      summary: 'One artifact record',
      place: at('artifactId', 'see'),
      contract: readArtifact,
      fixed: ['artifactId'],
      given: ofArtifact,
    }),
    route({
      method: 'GET',
      path: 'artifacts/:artifactId/content',
      summary: 'The stored bytes; takes Range',
      place: at('artifactId', 'open_evidence'),
      mediaType: 'application/octet-stream',
      handle: async (call) => {
        const reference = await call.ask(referArtifactContent, { artifactId: call.params.artifactId });
        await this.content.recordOpening(call, call.params.artifactId);
        return this.content.stream(call, reference, call.params.artifactId);
      },
    }),
    ask({
      method: 'GET',
      path: 'artifacts/:artifactId/entries',
      summary: 'The entries of a bundle',
      place: at('artifactId', 'open_evidence'),
      contract: listArtifactEntries,
      fixed: ['artifactId'],
      given: ofArtifact,
    }),
    route({
      method: 'GET',
      path: 'artifacts/:artifactId/entries/*',
      summary: 'One entry of a bundle',
      place: at('artifactId', 'open_evidence'),
      mediaType: 'application/octet-stream',
      handle: async (call) => {
        const path = call.params['*'];
        if (path === '' || path.length > 1024) throw new Problem('not_found');
        const reference = await call.ask(referArtifactEntry, { artifactId: call.params.artifactId, path });
        await this.content.recordOpening(call, call.params.artifactId, path);
        return this.content.stream(call, reference, path.split('/').at(-1) ?? 'entry');
      },
    }),
    ask({
      method: 'GET',
      path: 'artifacts/:artifactId/journal',
      summary: 'A page of the captured journal',
      place: at('artifactId', 'open_evidence'),
      contract: readJournalPage,
      fixed: ['artifactId'],
      given: ofArtifact,
    }),
    route({
      method: 'GET',
      path: 'replays/:replayId/plan',
      summary: readPlanAsPages.summary,
      place: readPlanAsPages.place,
      queryType: PageQuery,
      handle: (call) => (wantsLines(call) ? this.planAsLines(call) : readPlanAsPages.handle(call)),
    }),
    route({
      method: 'GET',
      path: 'replays/:replayId/plan/:index/payload',
      summary: 'The bytes that an action of the plan would send',
      place: at('replayId', 'open_evidence'),
      mediaType: 'application/octet-stream',
      handle: async (call) => {
        const { replayId, index } = call.params;
        if (!/^\d{1,9}$/.test(index)) throw new Problem('not_found');
        return this.content.stream(call, await call.ask(referPayload, { replayId, index: Number(index) }), `payload-${index}`);
      },
    }),
    route({
      method: 'GET',
      path: 'replays/:replayId/report',
      summary:
        'Input, stages, actions, divergences, and the recorded version where another one ran; ?format=audit_v1 for the replay-audit field names. Texts that quote records only for those who may open evidence',
      place: at('replayId', 'see'),
      queryType: ReportQuery,
      handle: async (call) => {
        const { format } = call.query as ReportQuery;
        if (format !== undefined && format !== 'v1' && format !== 'audit_v1') throw invalid('format', 'must be v1 or audit_v1');
        const reference: BlobReference = await call.ask(referReport, { replayId: call.params.replayId, format });
        if (format !== 'audit_v1' && !(await call.may('open_evidence')))
          return { body: reportWithoutEvidence(await this.content.read<ReplayReport>(reference)) };
        const answer = await this.content.stream(call, reference, 'report.json');
        return { ...answer, headers: { ...answer.headers, 'Content-Type': 'application/json', 'Content-Disposition': 'inline' } };
      },
    }),
  ];

  constructor(private readonly content: StreamContentHandler) {}

  private async planAsLines(call: Call): Promise<Answer> {
    const { planDigest, header, actions } = await call.ask(referPlan, { replayId: call.params.replayId });
    const headers = { 'Content-Type': 'application/x-ndjson' };
    if (await call.may('open_evidence'))
      return { headers, body: await this.content.streamAfter(canonicalJson({ planDigest, header }), actions) };
    const first = canonicalJson({ planDigest, header, withheld: WITHHELD_OF_ACTIONS });
    return { headers, body: await this.content.streamAfter(first, actions, linesWithoutEvidence) };
  }
}

function wantsLines(call: Call): boolean {
  return (call.request.headers.accept ?? '').includes('application/x-ndjson');
}
