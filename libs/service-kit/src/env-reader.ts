/** Reads settings from the environment and says everything that is wrong with them at once. */
export class EnvReader {
  private readonly faults: string[] = [];

  constructor(private readonly env: Record<string, string | undefined>) {}

  /** The variable's text, or the default; without a default it is required. */
  text(name: string, fallback?: string): string {
    const value = this.env[name]?.trim();
    if (value) return value;
    if (fallback === undefined) this.faults.push(`${name} is missing`);
    return fallback ?? '';
  }

  optional(name: string): string | undefined {
    return this.env[name]?.trim() || undefined;
  }

  integer(name: string, range: { min: number; max: number; fallback: number }): number {
    const text = this.optional(name);
    if (text === undefined) return range.fallback;
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= range.min && value <= range.max) return value;
    this.faults.push(`${name} is "${text}", not a whole number from ${range.min} to ${range.max}`);
    return range.fallback;
  }

  oneOf<T extends string>(name: string, values: readonly T[], fallback: T): T {
    const text = this.optional(name);
    if (text === undefined) return fallback;
    if ((values as readonly string[]).includes(text)) return text as T;
    this.faults.push(`${name} is "${text}", not one of ${values.join(', ')}`);
    return fallback;
  }

  /** An address with one of the schemes; its text never appears in a message, since it may hold a password. */
  url(name: string, schemes: string[]): string {
    const text = this.text(name);
    if (text && !isUrl(text, schemes)) this.faults.push(`${name} is not an address that begins with ${schemes.join(' or ')}`);
    return text;
  }

  /** What is wrong beyond what a single variable shows. */
  fault(message: string): void {
    this.faults.push(message);
  }

  /** What another function reads; its faults join these, and what it gives is not to be used before `done` let it pass. */
  group<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      this.faults.push(...(error instanceof ConfigError ? error.faults : [(error as Error).message]));
      return {} as T;
    }
  }

  /** To be called at the end: throws one error that names every fault. */
  done(): void {
    if (this.faults.length > 0) throw new ConfigError([...new Set(this.faults)]);
  }
}

/** The environment does not say what a service needs to know. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly faults: string[]) {
    super(`The configuration is wrong:\n  ${faults.join('\n  ')}`);
  }
}

function isUrl(text: string, schemes: string[]): boolean {
  return text.split(',').every((part) => URL.canParse(part.trim()) && schemes.some((scheme) => part.trim().startsWith(scheme)));
}
