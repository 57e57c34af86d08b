import { type FieldSchema, fieldsOf } from '@reenact/contracts';
import type { Place } from '../domain/route.js';
import { ROLES_FOR } from '../domain/permission.js';
import type { Route } from '../http/route.js';

type Json = Record<string, unknown>;

/** The OpenAPI 3.1 document of a route table: made of the same rows that serve and guard the calls. */
export function describeApi(routes: readonly Route[], version: string): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = `/api/v1/${route.path.replace(/:(\w+)/g, '{$1}').replace('*', '{path}')}`;
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: describe(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Reenact operator API',
      version,
      description: 'Governed incident replay: evidence, dry runs, approvals, replays, audit.',
    },
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'API token rnt_pat_...' } },
      schemas: { Problem: PROBLEM },
    },
  };
}

const PROBLEM = {
  type: 'object',
  description: 'RFC 9457',
  required: ['type', 'title', 'status', 'code'],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string' },
    instance: { type: 'string', description: 'The request id' },
    remedy: { type: 'string' },
    errors: {
      type: 'array',
      items: { type: 'object', properties: { path: { type: 'string' }, message: { type: 'string' } } },
    },
  },
};

function describe(route: Route): Json {
  const names = [...route.path.matchAll(/:(\w+)/g)].map((match) => match[1]).concat(route.path.includes('*') ? ['path'] : []);
  const parameters = [
    ...names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
    ...[...route.query].map(([name, field]) => ({
      name,
      in: 'query',
      required: !field.optional && !isGuessed(name, route),
      schema: schemaOf(field),
    })),
    ...headersOf(route),
  ];
  return {
    summary: route.summary,
    description: whoMay(route.place),
    tags: [route.path.split('/')[0]],
    ...(route.place.kind === 'public' && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(route.body && { requestBody: { required: true, content: { 'application/json': { schema: objectSchema(route.body) } } } }),
    responses: {
      [route.status]: success(route),
      default: {
        description: 'A problem',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  };
}

/** The organisation of a list need not be named by a caller who has only one. */
function isGuessed(name: string, { place }: Route): boolean {
  return name === 'orgId' && place.kind === 'organisation';
}

function headersOf({ ifMatch, idempotent }: Route): Json[] {
  const header = (name: string, required: boolean, description: string) => ({
    name,
    in: 'header',
    required,
    description,
    schema: { type: 'string' },
  });
  return [
    ...(ifMatch ? [header('If-Match', true, 'The ETag that was read, with its quotes')] : []),
    ...(idempotent
      ? [header('Idempotency-Key', false, 'The same key and body again: the first answer again, for 24 hours')]
      : []),
  ];
}

function success(route: Route): Json {
  if (route.status === 204) return { description: 'Nothing' };
  const schema = route.query.has('cursor') ? { schema: PAGE } : {};
  return { description: route.answers ?? route.summary, content: { [route.mediaType ?? 'application/json']: schema } };
}

const PAGE = {
  type: 'object',
  required: ['items', 'nextCursor'],
  properties: {
    items: { type: 'array', items: { type: 'object' } },
    nextCursor: { type: ['string', 'null'], description: 'Send it as cursor to read on; null at the end' },
  },
};

function whoMay(place: Place): string {
  switch (place.kind) {
    case 'public':
      return 'Open to everybody.';
    case 'person':
      return 'Open to every person with a token.';
    case 'installation':
      return 'Needs an administrator of the installation.';
    default:
      return `Needs one of the roles: ${ROLES_FOR[place.need].join(', ')}.`;
  }
}

function objectSchema(fields: Map<string, FieldSchema>): Json {
  if (fields.size === 0) return { type: 'object' };
  return {
    type: 'object',
    additionalProperties: false,
    required: [...fields].filter(([, field]) => !field.optional).map(([name]) => name),
    properties: Object.fromEntries([...fields].map(([name, field]) => [name, schemaOf(field)])),
  };
}

function schemaOf(field: FieldSchema): Json {
  const one = field.nested ? objectSchema(fieldsOf(field.nested())) : field.schema;
  const listed = field.array ? { type: 'array', items: one } : one;
  return field.nullable ? { anyOf: [listed, { type: 'null' }] } : listed;
}
