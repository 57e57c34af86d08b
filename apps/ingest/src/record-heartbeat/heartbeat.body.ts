import { Hash, HEARTBEAT_STATUSES, Id, Int, JsonObject, OneOf, Problem, Text, Time, validate } from '@reenact/contracts';

/** What an agent sends. */
export class HeartbeatBody {
  @Time() at: string;
  @Text({ min: 1, max: 128 }) bootId: string;
  @Int({ min: 1 }) sequence: number;
  @OneOf(HEARTBEAT_STATUSES) status: (typeof HEARTBEAT_STATUSES)[number];
  @Id('deployment', { optional: true }) deploymentId?: string;
  @Hash({ optional: true }) specHash?: string;
  @JsonObject({ optional: true }) counters?: Record<string, number>;
}

const MAX_COUNTERS = 64;
const COUNTER_NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;

/** Throws `validation_failed`. */
export function readHeartbeat(body: unknown): HeartbeatBody {
  const heartbeat = validate(HeartbeatBody, body, { unknownFields: 'refuse' });
  const counters = Object.entries(heartbeat.counters ?? {});
  const wrong = counters.find(([name, value]) => !COUNTER_NAME.test(name) || !Number.isFinite(value));
  if (counters.length > MAX_COUNTERS || wrong) {
    const message = wrong
      ? `${JSON.stringify(wrong[0].slice(0, 64))} must be a name with a number`
      : `must be at most ${MAX_COUNTERS} numbers`;
    throw new Problem('validation_failed', { errors: [{ path: '/counters', message }] });
  }
  return heartbeat;
}
