import 'reflect-metadata';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateBy,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { SHA256_PATTERN } from './canonical-json.js';
import { ID_PREFIXES, type IdKind, isId } from './ids.js';

/** The JSON Schema (2020-12) of one field, as the OpenAPI page shows it; `nested` names a class instead. */
export interface FieldSchema {
  schema: Record<string, unknown>;
  nested?: () => new () => object;
  optional: boolean;
  nullable: boolean;
  array: boolean;
  maxItems: number;
  /** Whether one value of the field is surely right, found without class-validator; what is doubtful is left to it. */
  accepts: (value: unknown) => boolean;
}

export interface FieldOptions {
  optional?: boolean;
  nullable?: boolean;
  /** The field is a list of such values, at most `maxItems` (default 1000). */
  array?: boolean;
  maxItems?: number;
  description?: string;
}

const FIELDS = 'reenact:fields';

/** The fields that a class declares with the decorators of this file, inherited ones first. */
export function fieldsOf(target: new () => object): Map<string, FieldSchema> {
  return (Reflect.getMetadata(FIELDS, target.prototype) as Map<string, FieldSchema> | undefined) ?? new Map();
}

function field(
  options: FieldOptions,
  schema: Record<string, unknown>,
  accepts: FieldSchema['accepts'],
  rules: (each: { each: boolean }) => PropertyDecorator[],
  nested?: FieldSchema['nested'],
): PropertyDecorator {
  const { optional = false, nullable = false, array = false, maxItems = 1000, description } = options;
  return (target, key) => {
    const name = String(key);
    const known = new Map(Reflect.getMetadata(FIELDS, target) as Map<string, FieldSchema> | undefined);
    const described = description ? { ...schema, description } : schema;
    known.set(name, { schema: described, nested, optional, nullable, array, maxItems, accepts });
    Reflect.defineMetadata(FIELDS, known, target);
    // Absent is not null: only a nullable field takes null, only an optional one may be missing.
    ValidateIf(
      (object: Record<string, unknown>) => !(nullable && object[name] === null) && !(optional && object[name] === undefined),
    )(target, key);
    if (array) {
      IsArray()(target, key);
      ArrayMaxSize(maxItems)(target, key);
    }
    for (const rule of rules({ each: array })) rule(target, key);
  };
}

export interface TextOptions extends FieldOptions {
  min?: number;
  max?: number;
  pattern?: RegExp;
  /** What a text of the pattern looks like, for the one who sent another. */
  like?: string;
}

/** Text of `min`..`max` characters (default 0..1024), of a pattern where one is given. */
export function Text(options: TextOptions = {}): PropertyDecorator {
  const { min = 0, max = 1024, pattern, like } = options;
  const schema = { type: 'string', minLength: min, maxLength: max, ...(pattern && { pattern: pattern.source }) };
  const accepts = (value: unknown) =>
    typeof value === 'string' &&
    value.length >= min &&
    value.length <= max &&
    // class-validator counts some pairs of code units as one, which matters to a least length.
    (min === 0 || !COUNTED_OTHERWISE.test(value)) &&
    isStorable(value) &&
    (!pattern || pattern.test(value));
  return field(options, schema, accepts, (each) => [
    IsString(each),
    MinLength(min, each),
    MaxLength(max, each),
    storable(each),
    ...(pattern ? [Matches(pattern, { ...each, ...(like && { message: `$property must be like ${like}` }) })] : []),
  ]);
}

const COUNTED_OTHERWISE = /[\ud800-\udfff]|\ufe0e|\ufe0f/;

const UNSTORABLE = /\0|\p{Surrogate}/u;

/** Whether the database can keep a text: PostgreSQL keeps every character but NUL, and no half of a surrogate pair. */
export function isStorable(text: string): boolean {
  return !UNSTORABLE.test(text);
}

function storable(each: { each: boolean }): PropertyDecorator {
  const validate = (value: unknown) => typeof value !== 'string' || isStorable(value);
  const defaultMessage = (args?: { property: string }) => `${args?.property} must not contain NUL or half a surrogate pair`;
  return ValidateBy({ name: 'storable', validator: { validate, defaultMessage } }, each);
}

/** An id of one of the kinds named. */
export function Id(kinds: IdKind | IdKind[], options: FieldOptions = {}): PropertyDecorator {
  const list = [kinds].flat();
  const isOne = (value: unknown) => list.some((kind) => isId(kind, value));
  const prefixes = list.map((kind) => `${ID_PREFIXES[kind]}_`).join(' or ');
  const rule = (each: { each: boolean }) =>
    ValidateBy(
      {
        name: 'isId',
        validator: {
          validate: isOne,
          defaultMessage: (args) => `${args?.property} must be an id that begins with ${prefixes}`,
        },
      },
      each,
    );
  const schema = { type: 'string', examples: [`${ID_PREFIXES[list[0]]}_01h455vb4pex5vsknk084sn02q`] };
  return field(options, schema, isOne, (each) => [rule(each)]);
}

/** `sha256:<64 lower-case hex>`. */
export function Hash(options: FieldOptions = {}): PropertyDecorator {
  return Text({ ...options, max: 71, pattern: SHA256_PATTERN, like: 'sha256:<64 lower-case hex digits>' });
}

// `Date.parse` takes February 30 for a day of March, and the database takes neither that, nor a year 0, nor an offset of 16 hours.
const LONG_MONTH = String.raw`(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])`;
const SHORT_MONTH = String.raw`(?:0[469]|11)-(?:0[1-9]|[12]\d|30)`;
const FEBRUARY = String.raw`02-(?:0[1-9]|1\d|2[0-8])`;
const LEAP_DAY = String.raw`(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29`;
const CLOCK = String.raw`(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?`;
const OFFSET = String.raw`(?:Z|[+-](?:0\d|1[0-5]):[0-5]\d)`;

/** An RFC 3339 time of a day that there is. */
export const TIME_PATTERN = new RegExp(
  `^(?!0000)(?:\\d{4}-(?:${LONG_MONTH}|${SHORT_MONTH}|${FEBRUARY})|${LEAP_DAY})T${CLOCK}${OFFSET}$`,
);

/** An RFC 3339 time. */
export function Time(options: FieldOptions = {}): PropertyDecorator {
  const rule = (each: { each: boolean }) =>
    ValidateBy(
      {
        name: 'isTime',
        validator: {
          validate: isTime,
          defaultMessage: (args) => `${args?.property} must be an RFC 3339 time`,
        },
      },
      each,
    );
  return field(options, { type: 'string', format: 'date-time' }, isTime, (each) => [rule(each)]);
}

const isTime = (value: unknown) => typeof value === 'string' && TIME_PATTERN.test(value);

export const DURATION_PATTERN = /^P(?=.)(\d{1,4}D)?(T(?=.)(\d{1,4}H)?(\d{1,5}M)?(\d{1,6}S)?)?$/;

/** An ISO 8601 duration of days, hours, minutes and seconds (`PT15M`). */
export function Duration(options: FieldOptions = {}): PropertyDecorator {
  return Text({ ...options, max: 32, pattern: DURATION_PATTERN, like: 'PT1H' });
}

/** A whole number, by default 0..2^53-1. */
export function Int(options: FieldOptions & { min?: number; max?: number } = {}): PropertyDecorator {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = options;
  const accepts = (value: unknown) => Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
  const rules = (each: { each: boolean }) => [IsInt(each), Min(min, each), Max(max, each)];
  return field(options, { type: 'integer', minimum: min, maximum: max }, accepts, rules);
}

export function Bool(options: FieldOptions = {}): PropertyDecorator {
  return field(
    options,
    { type: 'boolean' },
    (value) => typeof value === 'boolean',
    (each) => [IsBoolean(each)],
  );
}

/** One of the words given. */
export function OneOf(words: readonly string[], options: FieldOptions = {}): PropertyDecorator {
  const accepts = (value: unknown) => words.includes(value as string);
  return field(options, { type: 'string', enum: words }, accepts, (each) => [IsIn(words as string[], each)]);
}

/** An object of another class of contracts, checked by that class. */
export function Nested(type: () => new () => object, options: FieldOptions = {}): PropertyDecorator {
  const rules = (each: { each: boolean }) => [ValidateNested(each), IsObject(each), Type(type) as PropertyDecorator];
  return field(options, {}, isPlainObject, rules, type);
}

/** A JSON object whose members are read by a decoder of their own (a spec, labels, a posture). */
export function JsonObject(options: FieldOptions = {}): PropertyDecorator {
  return field(options, { type: 'object' }, isPlainObject, (each) => [IsObject(each)]);
}

/** Labels: at most 64 pairs of short texts. */
export function Labels(options: FieldOptions = {}): PropertyDecorator {
  const rule = (each: { each: boolean }) =>
    ValidateBy(
      {
        name: 'isLabels',
        validator: {
          validate: isLabels,
          defaultMessage: (args) => `${args?.property} must be at most 64 pairs of a name (1..63) and a text (0..256)`,
        },
      },
      each,
    );
  return field(options, { type: 'object', additionalProperties: { type: 'string', maxLength: 256 } }, isLabels, (each) => [
    rule(each),
  ]);
}

function isPlainObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isLabels(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const pairs = Object.entries(value);
  return (
    pairs.length <= 64 &&
    pairs.every(
      ([k, v]) => k.length >= 1 && k.length <= 63 && typeof v === 'string' && v.length <= 256 && isStorable(k) && isStorable(v),
    )
  );
}
