/** A string value of a JSON text, and where it stands. */
export interface FoundText {
  text: string;
  path: readonly string[];
}

export interface JsonEdits {
  /** JSON that takes the place of a value; undefined leaves it. */
  replace(path: readonly string[], raw: string): string | undefined;
  /** What a string value becomes. */
  text(found: FoundText): string;
  /** What the name of a member becomes, by the path of its object; paths keep the name that was captured. */
  name(name: string, path: readonly string[]): string;
}

const SPACE = /[ \t\r\n]*/y;
const SCALAR = /[^,\]} \t\r\n]+/y;
const STRING = /"(?:[^"\\]|\\.)*"/y;

/**
 * Edits values of a JSON text and leaves every other byte as it is: numbers keep the digits that were captured. The text must be valid
 * JSON; `root` is put before every path.
 */
export function redactJson(json: string, edits: JsonEdits, root: readonly string[] = []): string {
  return new JsonEditor(json, edits).value([...root]);
}

class JsonEditor {
  private position = 0;

  constructor(
    private readonly json: string,
    private readonly edits: JsonEdits,
  ) {}

  /** The edited text of the value that begins here; moves behind it. */
  value(path: readonly string[]): string {
    const before = this.take(SPACE);
    const start = this.position;
    const edited = this.inner(path);
    const replaced = this.edits.replace(path, this.json.slice(start, this.position));
    return before + (replaced ?? edited) + this.take(SPACE);
  }

  private inner(path: readonly string[]): string {
    const first = this.json[this.position];
    if (first === '{') return this.list('}', () => this.member(path));
    if (first === '[') return this.list(']', (n) => this.value([...path, String(n)]));
    if (first !== '"') return this.take(SCALAR);
    const raw = this.take(STRING);
    const text = JSON.parse(raw) as string;
    const edited = this.edits.text({ text, path });
    return edited === text ? raw : JSON.stringify(edited);
  }

  private member(path: readonly string[]): string {
    const before = this.take(SPACE);
    const raw = this.take(STRING);
    const colon = this.take(SPACE) + this.json[this.position];
    this.position += 1;
    const name = JSON.parse(raw) as string;
    const edited = this.edits.name(name, path);
    return before + (edited === name ? raw : JSON.stringify(edited)) + colon + this.value([...path, name]);
  }

  private list(end: string, item: (n: number) => string): string {
    let edited = this.json[this.position];
    this.position += 1;
    edited += this.take(SPACE);
    for (let n = 0; this.json[this.position] !== end; n += 1) {
      if (n > 0) {
        edited += ',';
        this.position += 1;
      }
      edited += item(n);
    }
    this.position += 1;
    return edited + end;
  }

  private take(token: RegExp): string {
    token.lastIndex = this.position;
    const found = token.exec(this.json)?.[0] ?? '';
    if (found === '' && token !== SPACE) throw new SyntaxError(`no JSON value at ${this.position}`);
    this.position += found.length;
    return found;
  }
}
