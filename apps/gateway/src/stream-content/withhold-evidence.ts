import { StringDecoder } from 'node:string_decoder';
import type { Findings, ReplayReport, StageReport, VersionDifference } from '@reenact/pipeline';

/** The members of a planned action that are computed from captured records; the rest is structure and digests. */
export const WITHHELD_OF_ACTIONS = ['headers', 'path', 'subject'];

/** The texts of a report that quote captured records; what else it says of them are offsets, codes and digests. */
export const WITHHELD_OF_REPORTS = [
  'stages.firstError.message',
  'recordedVersion.stages.firstError.message',
  'recordedVersion.differences.address',
];

/** An action as those see it who may not open evidence. */
export function actionWithoutEvidence(action: object): object {
  return Object.fromEntries(Object.entries(action).filter(([name]) => !WITHHELD_OF_ACTIONS.includes(name)));
}

/** NDJSON lines of actions, each without what quotes evidence; memory does not grow with their number. */
export async function* linesWithoutEvidence(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const decoder = new StringDecoder('utf8');
  let begun = '';
  for await (const chunk of chunks) {
    const lines = (begun + decoder.write(Buffer.from(chunk))).split('\n');
    begun = lines.pop() as string;
    if (lines.length > 0) yield Buffer.from(lines.map(lineWithoutEvidence).join(''));
  }
  if (begun !== '') yield Buffer.from(lineWithoutEvidence(begun));
}

const lineWithoutEvidence = (line: string): string => `${JSON.stringify(actionWithoutEvidence(JSON.parse(line)))}\n`;

/** A report as those see it who may not open evidence. */
export function reportWithoutEvidence(report: ReplayReport): object {
  const { stages, recordedVersion: recorded } = report;
  return {
    ...report,
    withheld: WITHHELD_OF_REPORTS,
    stages: stages.map(withoutMessage),
    ...(recorded && {
      recordedVersion: {
        ...recorded,
        stages: recorded.stages.map(withoutMessage),
        differences: withoutAddresses(recorded.differences),
      },
    }),
  };
}

function withoutMessage({ firstError, ...stage }: StageReport): object {
  return { ...stage, ...(firstError && { firstError: { offset: firstError.offset, code: firstError.code } }) };
}

function withoutAddresses({ first, items, ...found }: Findings<VersionDifference>): object {
  return { ...found, first: first && withoutAddress(first), items: items.map(withoutAddress) };
}

function withoutAddress(difference: VersionDifference): object {
  if (difference.kind !== 'address') return difference;
  const { offset, stage, n } = difference;
  return {
    ...difference,
    recorded: null,
    ran: null,
    explanation: `At record ${offset}, stage ${stage}, action ${n} the addresses differ.`,
  };
}
