import { type FieldSchema, fieldsOf } from './field.js';

type Reader = (plain: Record<string, unknown>) => object | undefined;

const readers = new WeakMap<object, Reader>();

/**
 * The instance that class-validator would let pass, made in a fraction of its time; undefined when there may be something against
 * it, which is then for class-validator to say. Unknown fields are left out. Values are shared with what was read.
 */
export function readDirectly<T extends object>(type: new () => T, plain: object): T | undefined {
  return readerOf(type)(plain as Record<string, unknown>) as T | undefined;
}

function readerOf(type: new () => object): Reader {
  let reader = readers.get(type);
  if (!reader) readers.set(type, (reader = compile(type)));
  return reader;
}

function compile(type: new () => object): Reader {
  const fields = [...fieldsOf(type)];
  if (fields.length === 0) return () => undefined;
  return (plain) => {
    const instance = new type() as Record<string, unknown>;
    for (const [name, field] of fields) {
      const value = plain[name];
      if (value === undefined ? field.optional : value === null && field.nullable) {
        if (value === null) instance[name] = null;
        continue;
      }
      const read = field.array ? readList(field, value) : readOne(field, value);
      if (read === undefined) return undefined;
      instance[name] = read;
    }
    return instance;
  };
}

function readOne({ accepts, nested }: FieldSchema, value: unknown): unknown {
  if (!accepts(value)) return undefined;
  return nested ? readerOf(nested())(value as Record<string, unknown>) : value;
}

function readList(field: FieldSchema, value: unknown): unknown[] | undefined {
  if (!Array.isArray(value) || value.length > field.maxItems) return undefined;
  const list: unknown[] = [];
  for (const each of value) {
    const read = readOne(field, each);
    if (read === undefined) return undefined;
    list.push(read);
  }
  return list;
}
