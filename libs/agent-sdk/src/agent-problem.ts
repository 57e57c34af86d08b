import type { ProblemCode, ProblemDocument } from '@reenact/contracts';

/** Refusals that say nothing of what was sent: a stall, a body that a proxy cut, a bit that fell over. */
const HURT_ON_THE_WAY: ReadonlySet<string> = new Set(['upload_incomplete', 'digest_mismatch'] satisfies ProblemCode[]);

/** The ingest service refused a call; `code` is one of the published problem codes. */
export class AgentProblem extends Error {
  override readonly name = 'AgentProblem';

  constructor(
    readonly status: number,
    readonly document: Partial<ProblemDocument>,
    /** Milliseconds that the server asks to wait, when it does. */
    readonly retryAfterMs?: number,
  ) {
    super(`${status} ${document.code ?? 'unknown'}: ${document.detail ?? document.title ?? 'no detail'}`);
  }

  get code(): string {
    return this.document.code ?? 'unknown';
  }

  /** Whether the same call may succeed later: the server is busy, limited or broken, or the bytes were hurt on their way. */
  get isTemporary(): boolean {
    return this.status === 408 || this.status === 429 || this.status >= 500 || HURT_ON_THE_WAY.has(this.code);
  }
}

/** No answer came: the connection was refused, lost or timed out. `cause` has the system's error. */
export class AgentUnreachable extends Error {
  override readonly name = 'AgentUnreachable';
  readonly code: 'unreachable' | 'upload_cut_off' = 'unreachable';

  /** `fetch` tells lost connections as a TypeError with the cause inside; jest gives tests another TypeError, so the name decides. */
  static async whenLost<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      const { name, cause } = (error ?? {}) as Partial<Error>;
      if (name !== 'TypeError' || cause === undefined) throw error;
      const code = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
      throw new AgentUnreachable(`no answer: ${code}`, { cause });
    }
  }
}

/** As above, after a part of an upload was sent: the server was there, so the next call may well get through. */
export class UploadCutOff extends AgentUnreachable {
  override readonly code = 'upload_cut_off';
}

/** The answer's JSON. Throws an AgentProblem for every answer that is not a success. */
export async function readAnswer<T>(response: Response): Promise<T> {
  const text = await AgentUnreachable.whenLost(() => response.text());
  const json = parse(text);
  if (response.ok) return json as T;
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const document = typeof json === 'object' && json !== null ? json : { detail: text.slice(0, 200) };
  throw new AgentProblem(response.status, document, Number.isFinite(seconds) ? seconds * 1000 : undefined);
}

function parse(text: string): unknown {
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    return undefined;
  }
}
