import { type FieldSchema, fieldsOf, Problem, type RpcContract, validate } from '@reenact/contracts';
import type { Place } from '../domain/route.js';
import type { Answer, Call } from './call.js';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One call of the operator API: its address, its permission row, what it reads, what it does. */
export interface Route {
  method: Method;
  /** Below `/api/v1`, parameters as `:name`. */
  path: string;
  summary: string;
  place: Place;
  /** Query parameters, by name. */
  query: Map<string, FieldSchema>;
  /** Body fields, by name; undefined when the call takes no body. */
  body?: Map<string, FieldSchema>;
  /** Whether it needs `If-Match`. */
  ifMatch?: boolean;
  /** Whether it takes an `Idempotency-Key`. */
  idempotent?: boolean;
  /** Status of success. */
  status: number;
  /** What success answers, where the summary does not say it. */
  answers?: string;
  /** What the answer is when it is not JSON. */
  mediaType?: string;
  handle(call: Call): Promise<Answer>;
}

type Given<Q> = (call: Call) => Partial<Q> | Promise<Partial<Q>>;

interface Ask<Q extends object, A> {
  method: Method;
  path: string;
  summary: string;
  place: Place;
  contract: RpcContract<Q, A>;
  /** Fields of the request that the server fills in; the rest comes from the body or the query. */
  given?: Given<Q>;
  /** Names of the fields in `given`: never taken from outside. */
  fixed?: (keyof Q & string)[];
  status?: number;
  /** Turns the RPC answer into the HTTP answer; default: the body is the answer. */
  answer?: (answer: A, call: Call) => Answer | Promise<Answer>;
}

/** A route that passes one request on to the service that owns the matter. */
export function ask<Q extends object, A>(options: Ask<Q, A>): Route {
  const { method, path, summary, place, contract, given, fixed = [], status = 200, answer } = options;
  const hidden = new Set<string>([...fixed, 'idempotency']);
  const outside = new Map([...fieldsOf(contract.request)].filter(([name]) => !hidden.has(name)));
  const takesBody = method !== 'GET' && method !== 'DELETE';
  const idempotent = fieldsOf(contract.request).has('idempotency');
  return {
    method,
    path,
    summary,
    place,
    query: takesBody ? new Map() : outside,
    ...(takesBody && outside.size > 0 && { body: outside }),
    ifMatch: hidden.has('ifRevision'),
    idempotent,
    status,
    ...(takesBody && { answers: `The ${nounOf(contract)} as it is then` }),
    async handle(call) {
      const sent = takesBody ? bodyFor(call, outside) : call.query;
      const fill = async () => {
        try {
          return await given?.(call);
        } catch (error) {
          // A field that names nothing is not all that may be wrong with the body.
          if (takesBody && error instanceof Problem && error.code === 'validation_failed')
            refuseMalformed(contract.request, sent, hidden);
          throw error;
        }
      };
      const filled = { ...(await fill()), ...(idempotent && { idempotency: call.idempotency() }) };
      const request = takesBody
        ? compose(contract.request, sent, hidden, filled)
        : composeQuery(contract.request, sent, hidden, filled);
      const result = await call.ask(contract, request);
      return answer ? answer(result, call) : { status, body: result };
    },
  };
}

/** Of `rpc.<service>.<noun>.<verb>`. */
function nounOf({ subject }: { subject: string }): string {
  return subject.split('.')[2].replaceAll('-', ' ');
}

/** A body may be left out where no field of it is needed. */
function bodyFor(call: Call, fields: Map<string, FieldSchema>): Record<string, unknown> {
  const needless = [...fields.values()].every((field) => field.optional);
  return needless && call.request.body == null ? {} : call.body();
}

/** The checked request: what was sent, and what the server gives. A sent field that only the server gives is unknown. */
export function compose<Q extends object>(
  type: new () => Q,
  sent: Record<string, unknown>,
  hidden: Set<string>,
  given: object,
): Q {
  const stolen = Object.keys(sent).filter((name) => hidden.has(name));
  if (stolen.length > 0) {
    const errors = stolen.map((name) => ({ path: `/${name}`, message: `property ${name} should not exist` }));
    throw new Problem('validation_failed', { errors });
  }
  return validate(type, { ...sent, ...given }, { unknownFields: 'refuse' });
}

/** Throws what is wrong with the fields sent, whatever the server will give. */
function refuseMalformed(type: new () => object, sent: Record<string, unknown>, hidden: Set<string>): void {
  try {
    compose(type, sent, hidden, {});
  } catch (error) {
    const errors = error instanceof Problem ? error.options.errors : undefined;
    if (!errors) throw error;
    const own = errors.filter(({ path }) => !hidden.has(path.slice(1)) || path.slice(1) in sent);
    if (own.length > 0) throw new Problem('validation_failed', { errors: own });
  }
}

/** As `compose`; what is wrong with a query is told as such. */
function composeQuery<Q extends object>(type: new () => Q, sent: Record<string, unknown>, hidden: Set<string>, given: object): Q {
  try {
    return compose(type, sent, hidden, given);
  } catch (error) {
    const wrong = error instanceof Problem ? error.options.errors?.[0] : undefined;
    if (!wrong) throw error;
    // The message names its field already.
    throw new Problem('invalid_query_parameter', { detail: wrong.message, members: { parameter: wrong.path.slice(1) } });
  }
}

/** A route whose handler is written out. */
export function route(
  options: Omit<Route, 'query' | 'status'> & { status?: number; queryType?: new () => object; bodyType?: new () => object },
): Route {
  const { queryType, bodyType, status = 200, ...rest } = options;
  return {
    ...rest,
    status,
    query: queryType ? fieldsOf(queryType) : new Map(),
    ...(bodyType && { body: fieldsOf(bodyType) }),
  };
}
