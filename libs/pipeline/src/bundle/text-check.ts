export type TextFormat = 'json' | 'ndjson' | 'text';

/** Beyond this many bytes a text is not parsed to tell JSON from other text. */
const PARSED_BYTES = 1024 * 1024;

/** Tells UTF-8 text from other bytes while they pass, and JSON and NDJSON from other text. */
export class TextCheck {
  private readonly decoder = new TextDecoder('utf-8', { fatal: true });
  private head = '';
  private size = 0;
  private binary = false;

  /** False as soon as the bytes are not text. */
  push(chunk: Uint8Array): boolean {
    this.size += chunk.length;
    this.take(() => this.decoder.decode(chunk, { stream: true }));
    return !this.binary;
  }

  end(): TextFormat | 'binary' | 'empty' {
    this.take(() => this.decoder.decode());
    if (this.binary) return 'binary';
    if (this.size === 0) return 'empty';
    if (this.size <= PARSED_BYTES && isJson(this.head)) return 'json';
    const end = this.head.indexOf('\n');
    return end > 0 && isJson(this.head.slice(0, end)) ? 'ndjson' : 'text';
  }

  private take(decode: () => string): void {
    if (this.binary) return;
    try {
      const text = decode();
      this.binary = text.includes('\0');
      if (this.head.length < PARSED_BYTES) this.head += text;
    } catch {
      this.binary = true;
    }
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
