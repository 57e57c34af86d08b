/** Levels that are scanned one within the other; no expression and no payload takes JSON half as deep, so that none meets what is below. */
const MAX_SCANNED_DEPTH = 256;

/** Walks a JSON text that JSON.parse has accepted before; it finds values and their texts, and does not validate. */
export class JsonScanner {
  private at = 0;

  constructor(private readonly text: string) {}

  /** The value of the whole text, with every number made by `number`, but for those that are nested too deep to be of use. */
  value(number: (text: string) => unknown, depth = 0): unknown {
    this.space();
    const char = this.text[this.at];
    if (char === '{' || char === '[') {
      if (depth > MAX_SCANNED_DEPTH) return this.unscanned();
      return char === '{' ? this.object(number, depth + 1) : this.array(number, depth + 1);
    }
    if (char === '"') return this.string();
    const start = this.at;
    while (this.at < this.text.length && !/[\s,\]}]/.test(this.text[this.at])) this.at += 1;
    const word = this.text.slice(start, this.at);
    if (word === 'true') return true;
    if (word === 'false') return false;
    return word === 'null' ? null : number(word);
  }

  /** The text of a member of the outermost object, as it is written; of a repeated name the last one counts. */
  memberText(name: string): string | undefined {
    let found: string | undefined;
    this.space();
    this.at += 1;
    for (this.space(); this.text[this.at] === '"' || this.text[this.at] === ','; this.space()) {
      if (this.text[this.at] === ',') {
        this.at += 1;
        continue;
      }
      const member = this.string();
      this.colon();
      const start = this.at;
      this.skip();
      if (member === name) found = this.text.slice(start, this.at).trimEnd();
    }
    return found;
  }

  /** The parser takes any depth, where recursion would end. */
  private unscanned(): unknown {
    const start = this.at;
    this.skip();
    return JSON.parse(this.text.slice(start, this.at));
  }

  private object(number: (text: string) => unknown, depth: number): Record<string, unknown> {
    const members: [string, unknown][] = [];
    this.at += 1;
    for (this.space(); this.text[this.at] !== '}'; this.space()) {
      if (this.text[this.at] === ',') this.at += 1;
      this.space();
      const name = this.string();
      this.colon();
      members.push([name, this.value(number, depth)]);
    }
    this.at += 1;
    return Object.fromEntries(members);
  }

  private array(number: (text: string) => unknown, depth: number): unknown[] {
    const items: unknown[] = [];
    this.at += 1;
    for (this.space(); this.text[this.at] !== ']'; this.space()) {
      if (this.text[this.at] === ',') this.at += 1;
      items.push(this.value(number, depth));
    }
    this.at += 1;
    return items;
  }

  private string(): string {
    const start = this.at;
    this.skipString();
    return JSON.parse(this.text.slice(start, this.at)) as string;
  }

  private skip(): void {
    let depth = 0;
    for (; this.at < this.text.length; ) {
      const char = this.text[this.at];
      if (char === '"') this.skipString();
      else if (depth === 0 && (char === ',' || char === '}' || char === ']')) return;
      else {
        if (char === '{' || char === '[') depth += 1;
        if (char === '}' || char === ']') depth -= 1;
        this.at += 1;
      }
    }
  }

  private skipString(): void {
    let end = this.at;
    let escaped = true;
    while (escaped) {
      end = this.text.indexOf('"', end + 1);
      let slashes = 0;
      while (this.text[end - 1 - slashes] === '\\') slashes += 1;
      escaped = slashes % 2 === 1;
    }
    this.at = end + 1;
  }

  private colon(): void {
    this.space();
    this.at += 1;
    this.space();
  }

  private space(): void {
    while (this.at < this.text.length && ' \t\n\r'.includes(this.text[this.at])) this.at += 1;
  }
}
