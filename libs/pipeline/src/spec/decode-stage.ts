import { Faults } from '../decoding/faults.js';
import { ObjectReader } from '../decoding/object-reader.js';
import { decodeAction } from './decode-action.js';
import { decodeExpression } from './decode-expression.js';
import { CONDITION, ITEMS } from './result-rules.js';
import { LANE_PATTERN, SPEC_LIMITS, STAGE_KINDS, type Stage } from './spec-model.js';
import { decodeTemplate } from './decode-template.js';

const NAME = { max: 64, pattern: LANE_PATTERN, meaning: 'must be letters, digits, dots, dashes' };

/** Reads one stage; what is wrong is said with the stage's id. */
export function decodeStage(json: unknown, path: string, faults: Faults): Stage | undefined {
  const own = new Faults();
  const reader = ObjectReader.of(json, path, own);
  if (reader) decodeMembers(reader, own);
  const id = reader?.has('id') ? reader.raw('id') : undefined;
  const prefix = typeof id === 'string' ? `stage '${id.slice(0, 64)}': ` : '';
  for (const fault of own.list) faults.add(fault.path, `${prefix}${fault.message}`);
  return own.any ? undefined : (json as Stage);
}

function decodeMembers(reader: ObjectReader, faults: Faults): void {
  reader.text('id', NAME);
  const lanes = reader.list('from', 1, SPEC_LIMITS.lanesPerStage);
  lanes.forEach((lane, index) => {
    reader.checkText(lane, `${reader.at('from')}/${index}`, NAME);
  });
  if (new Set(lanes).size !== lanes.length) reader.fault('from', 'names a lane twice');
  const kind = reader.word('kind', STAGE_KINDS);
  if (kind === 'action') reader.optionalText('to', NAME);
  else reader.text('to', NAME);

  if (kind === 'filter') decodeExpression(reader, 'when', CONDITION);
  if (kind === 'split') decodeExpression(reader, 'items', ITEMS);
  if (kind === 'window') reader.integer('count', 1, SPEC_LIMITS.windowCount);
  if (kind === 'map') decodeTemplate(reader.required('value'), reader.at('value'), faults);
  if (kind === 'action') {
    const idempotent = reader.raw('idempotent');
    if (idempotent !== undefined && typeof idempotent !== 'boolean') reader.fault('idempotent', 'must be true or false');
    decodeAction(reader.required('action'), reader.at('action'), faults);
  }
  if (STAGE_KINDS.includes(kind)) reader.end();
}
