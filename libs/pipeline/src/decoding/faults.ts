import type { FieldError } from '@reenact/contracts';

/** Collects what is wrong with a document while a strict decoder reads it. Paths are JSON Pointers. */
export class Faults {
  readonly list: FieldError[] = [];

  add(path: string, message: string): void {
    if (this.list.length < 100) this.list.push({ path, message });
  }

  get any(): boolean {
    return this.list.length > 0;
  }

  /** The first fault in words. */
  get first(): string {
    const fault = this.list[0];
    if (!fault) return '';
    return fault.path === '' ? fault.message : `${fault.path} ${fault.message}`;
  }
}

/** The JSON Pointer of a member below another pointer. */
export function pointer(parent: string, member: string | number): string {
  return `${parent}/${String(member).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
