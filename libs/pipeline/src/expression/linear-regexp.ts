import { setFlagsFromString } from 'node:v8';

// V8's second engine runs in time linear to the text, as CEL's RE2 does; a pattern it cannot run so is refused.
setFlagsFromString('--enable-experimental-regexp-engine');

const compiled = new Map<string, RegExp>();

/** Whether a pattern is found in a text, in linear time. Throws a SyntaxError on patterns with back references or look-around. */
export function matchesLinear(text: string, pattern: string): boolean {
  let regexp = compiled.get(pattern);
  if (!regexp) {
    if (pattern.length > 1024) throw new SyntaxError('the pattern is longer than 1024 characters');
    // oxlint-disable-next-line no-invalid-regexp -- the flag of the engine switched on above
    regexp = new RegExp(pattern, 'l');
    if (compiled.size >= 1000) compiled.clear();
    compiled.set(pattern, regexp);
  }
  return regexp.test(text);
}
