import { type FieldSchema, Problem } from '@reenact/contracts';

/** The query as typed values. Unknown names: `unknown_query_parameter`; values that are not of their type: `invalid_query_parameter`. */
export function readQuery(fields: Map<string, FieldSchema>, raw: Record<string, unknown>): Record<string, unknown> {
  const query: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(raw)) {
    const field = fields.get(name);
    if (!field) {
      throw new Problem('unknown_query_parameter', {
        detail: `This call knows no parameter ${name}`,
        members: { parameter: name },
      });
    }
    query[name] = readValue(name, field, value);
  }
  return query;
}

function readValue(name: string, field: FieldSchema, value: unknown): unknown {
  if (field.array) return [value].flat().map((item) => readOne(name, field, item));
  return readOne(name, field, value);
}

function readOne(name: string, field: FieldSchema, value: unknown): unknown {
  if (typeof value !== 'string') throw invalid(name, 'must be given once');
  switch (field.schema.type) {
    case 'integer':
      if (!/^\d{1,16}$/.test(value)) throw invalid(name, 'must be a whole number');
      return Number(value);
    case 'boolean':
      if (value !== 'true' && value !== 'false') throw invalid(name, 'must be true or false');
      return value === 'true';
    default:
      return value;
  }
}

/** A query parameter that breaks its rule. */
export function invalid(name: string, message: string): Problem {
  return new Problem('invalid_query_parameter', { detail: `${name} ${message}`, members: { parameter: name } });
}
