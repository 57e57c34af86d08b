import type { ProblemDocument } from '@reenact/contracts';

export interface Answer<T = unknown> {
  status: number;
  headers: Headers;
  body: T;
}

/** An answer that is not a success, as an error. */
export class Refusal extends Error {
  constructor(readonly answer: Answer<Partial<ProblemDocument>>) {
    const { status, body } = answer;
    super(`${status} ${body.code ?? ''} ${body.detail ?? body.title ?? ''} ${JSON.stringify(body.errors ?? '')}`);
  }
}

/** Calls one of the two APIs with one credential, or none. */
export class Api {
  constructor(
    private readonly url: string,
    private readonly token?: string,
  ) {}

  /** Whatever the answer is. A text body is sent as it is. */
  async call<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer<T>> {
    const raw = typeof body === 'string' || body instanceof FormData;
    const response = await fetch(`${this.url}/api/v1/${path}`, {
      method,
      headers: {
        ...(this.token !== undefined && { authorization: `Bearer ${this.token}` }),
        ...(body !== undefined && !(body instanceof FormData) && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: raw ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json$/.test((response.headers.get('content-type') ?? '').split(';')[0]) && !isLines(response);
    return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : text) as T };
  }

  /** The body of a success. Throws a Refusal otherwise. */
  async ask<T>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<T> {
    const answer = await this.call<T>(method, path, body, headers);
    if (answer.status >= 400) throw new Refusal(answer as Answer<Partial<ProblemDocument>>);
    return answer.body;
  }

  get<T>(path: string): Promise<T> {
    return this.ask('GET', path);
  }

  post<T>(path: string, body: object = {}, headers?: Record<string, string>): Promise<T> {
    return this.ask('POST', path, body, headers);
  }
}

const isLines = (response: Response) => (response.headers.get('content-type') ?? '').includes('ndjson');
