import { PROBLEMS, type ProblemCode, type RetryClass } from './problems.js';

export interface FieldError {
  /** JSON Pointer to the field, `""` for the whole body. */
  path: string;
  message: string;
}

export interface ProblemOptions {
  detail?: string;
  errors?: FieldError[];
  /** Where a person can act: what to do. */
  remedy?: string;
  /** Members named by the code, e.g. `requiredRole`, `state`, `allowed`, `retryAfterSeconds`. */
  members?: Record<string, unknown>;
  cause?: unknown;
}

/** The JSON body of RFC 9457, and the form in which a problem crosses process borders. */
export interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  detail?: string;
  code: string;
  instance?: string;
  errors?: FieldError[];
  remedy?: string;
  [member: string]: unknown;
}

/** The one error that handlers throw on purpose. Its code is declared in `problems.ts`; the retry class decides what messaging does. */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly code: ProblemCode,
    readonly options: ProblemOptions = {},
  ) {
    super(options.detail ?? PROBLEMS[code].title, options.cause === undefined ? undefined : { cause: options.cause });
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }

  get retry(): RetryClass {
    return PROBLEMS[this.code].retry;
  }

  /** The RFC 9457 document; `instance` is the request id. */
  toDocument(instance?: string): ProblemDocument {
    const { detail, errors, remedy, members } = this.options;
    return {
      type: `https://reenact.dev/problems/${this.code}`,
      title: PROBLEMS[this.code].title,
      status: this.status,
      code: this.code,
      ...(detail !== undefined && { detail }),
      ...(instance !== undefined && { instance }),
      ...(errors !== undefined && { errors }),
      ...(remedy !== undefined && { remedy }),
      ...members,
    };
  }

  /** The problem that a document from another process states; an unknown code becomes `internal`. */
  static fromDocument(document: ProblemDocument): Problem {
    const {
      type: _type,
      title: _title,
      status: _status,
      code,
      instance: _instance,
      detail,
      errors,
      remedy,
      ...members
    } = document;
    return new Problem(isProblemCode(code) ? code : 'internal', { detail, errors, remedy, members });
  }
}

export function isProblemCode(code: unknown): code is ProblemCode {
  return typeof code === 'string' && Object.hasOwn(PROBLEMS, code);
}
