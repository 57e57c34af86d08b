import { Agent, request } from 'undici';

const dispatcher = new Agent({ connections: 256, pipelining: 1 });

/** JSON over HTTP as one caller. */
export class Api {
  constructor(url, token) {
    this.url = url;
    this.token = token;
  }

  /** Throws when the answer is a problem. */
  async call(method, path, body, headers = {}) {
    const answer = await request(`${this.url}/api/v1/${path}`, {
      method,
      dispatcher,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 400) throw new Error(`${method} ${path} answered ${answer.statusCode}: ${text}`);
    return { headers: answer.headers, body: text === '' ? undefined : JSON.parse(text) };
  }

  async get(path) {
    return (await this.call('GET', path)).body;
  }

  async post(path, body = {}) {
    return (await this.call('POST', path, body)).body;
  }
}
