import { durationMs, type FieldError, Problem, type RequestReplay } from '@reenact/contracts';
import { CONDITION, checkExpression } from '@reenact/pipeline';

const DEFAULT_START = 'PT5M';
const LONGEST_START = 'PT1H';
/** What a dry run fixes for its execute. */
const OF_THE_DRY_RUN = ['selection', 'include', 'again', 'versionId'] as const;

/** When it has to be started by. Throws `validation_failed` for fields that do not go together or cannot be meant. */
export function checkRequest(request: RequestReplay, now: Date): { startBy: string } {
  const errors: FieldError[] = [];
  const wrong = (path: string, message: string) => errors.push({ path, message });
  if (request.dryRunId !== undefined) {
    if (request.mode === 'dry_run') wrong('/dryRunId', 'must be absent for a dry run');
    for (const field of OF_THE_DRY_RUN) {
      if (request[field] !== undefined) wrong(`/${field}`, 'must be absent: it is that of the dry run');
    }
  }
  const { where, fromOffset, toOffset } = request.selection ?? {};
  const fault = where === undefined ? undefined : checkExpression(where, CONDITION);
  if (fault) wrong('/selection/where', fault);
  if (fromOffset !== undefined && toOffset !== undefined && fromOffset > toOffset) {
    wrong('/selection/toOffset', 'must not be before fromOffset');
  }
  const startBy = request.startBy === undefined ? now.getTime() + durationMs(DEFAULT_START) : Date.parse(request.startBy);
  if (startBy <= now.getTime()) wrong('/startBy', 'must lie in the future');
  if (startBy > now.getTime() + durationMs(LONGEST_START)) wrong('/startBy', `must be at most ${LONGEST_START} from now`);
  if (errors.length > 0) throw new Problem('validation_failed', { errors });
  return { startBy: new Date(startBy).toISOString() };
}
