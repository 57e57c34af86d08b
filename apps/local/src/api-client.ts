import type { ProblemDocument } from '@reenact/contracts';

/** A refusal by the API, as the caller saw it. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';

  constructor(
    readonly status: number,
    readonly document: Partial<ProblemDocument>,
  ) {
    super(`${status} ${document.code ?? ''} ${document.detail ?? document.title ?? ''}`.trim());
  }
}

export interface ApiAnswer<T> {
  status: number;
  headers: Headers;
  body: T;
}

/** Calls the operator API as one person. */
export class ApiClient {
  constructor(
    private readonly gatewayUrl: string,
    private readonly token: string,
  ) {}

  async get<T>(path: string, headers: Record<string, string> = {}): Promise<T> {
    return (await this.send<T>('GET', path, undefined, headers)).body;
  }

  async post<T>(path: string, body: object = {}, headers: Record<string, string> = {}): Promise<T> {
    return (await this.send<T>('POST', path, body, headers)).body;
  }

  /** Throws an ApiProblem for every answer that is not a success. */
  async send<T>(method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<ApiAnswer<T>> {
    const response = await fetch(`${this.gatewayUrl}/api/v1/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const json =
      (response.headers.get('content-type') ?? '').includes('json') && !response.headers.get('content-type')?.includes('ndjson');
    const read: unknown = json && text !== '' ? JSON.parse(text) : text;
    if (!response.ok)
      throw new ApiProblem(response.status, typeof read === 'object' && read ? read : { detail: text.slice(0, 200) });
    return { status: response.status, headers: response.headers, body: read as T };
  }
}
