import { plainToInstance } from 'class-transformer';
import { type ValidationError, validateSync } from 'class-validator';
import { type FieldError, Problem } from './problem.js';
import { readDirectly } from './read-directly.js';

export interface ValidateOptions {
  /** `refuse` (HTTP bodies) makes an unknown field an error; `drop` (messages) removes it, so that contracts can grow. */
  unknownFields: 'refuse' | 'drop';
}

/** A checked instance of the class. Throws `validation_failed` with one error per wrong field. */
export function validate<T extends object>(type: new () => T, plain: unknown, options: ValidateOptions): T {
  if (typeof plain !== 'object' || plain === null || Array.isArray(plain)) {
    throw new Problem('validation_failed', { errors: [{ path: '', message: 'must be a JSON object' }] });
  }
  const direct = readDirectly(type, plain);
  if (direct && (options.unknownFields === 'drop' || hasOnly(direct, plain))) return direct;
  return validateThoroughly(type, plain, options);
}

/** As `validate`, with class-validator alone: it knows what is wrong. */
export function validateThoroughly<T extends object>(type: new () => T, plain: object, options: ValidateOptions): T {
  const instance = plainToInstance(type, plain);
  const errors = validateSync(instance, {
    whitelist: true,
    forbidNonWhitelisted: options.unknownFields === 'refuse',
    forbidUnknownValues: false,
    validationError: { target: false },
  });
  if (errors.length > 0) throw new Problem('validation_failed', { errors: flatten(errors, '') });
  return instance;
}

/** What was read holds all that was there, at every depth that contracts know. */
function hasOnly(read: object, plain: object): boolean {
  for (const [name, value] of Object.entries(plain)) {
    if (!(name in read)) return false;
    const known = (read as Record<string, unknown>)[name];
    if (known === value) continue;
    if (typeof known !== 'object' || known === null || !hasOnly(known, value as object)) return false;
  }
  return true;
}

function flatten(errors: ValidationError[], parent: string): FieldError[] {
  return errors.flatMap((error) => {
    const path = `${parent}/${error.property.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    // The rules of a field go from its type to its limits: of a number there is no length to speak of.
    const [broken] = Object.values(error.constraints ?? {});
    const message = error.value === undefined ? `${error.property} is required` : broken;
    return [...(broken === undefined ? [] : [{ path, message }]), ...flatten(error.children ?? [], path)];
  });
}
