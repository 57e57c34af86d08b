interface KnownRoute {
  method: string;
  pattern: RegExp;
}

/** Remembers which methods a path knows, so that a wrong method can be told from a wrong path. */
export class KnownRoutes {
  private readonly routes: KnownRoute[] = [];

  add(method: string | string[], url: string): void {
    const pattern = new RegExp(`^${url.split('/').map(segment).join('/')}/?$`);
    for (const one of [method].flat()) this.routes.push({ method: one, pattern });
  }

  /** The methods of a path, sorted; empty when there is no such path. */
  methodsOf(path: string): string[] {
    return [...new Set(this.routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))].sort();
  }
}

function segment(text: string): string {
  if (text === '*') return '.*';
  return text.startsWith(':') ? '[^/]+' : text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
