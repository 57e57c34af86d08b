import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderReference } from './render.js';

const directory = join(__dirname, '../../docs/reference');

describe('docs/reference', () => {
  it.each(Object.entries(renderReference()))('%s - says what the code says (`npm run reference` writes it)', (name, text) => {
    const path = join(directory, name);
    if (process.env.REENACT_WRITE_REFERENCE) {
      mkdirSync(directory, { recursive: true });
      writeFileSync(path, text);
    }
    expect(readFileSync(path, 'utf8')).toBe(text);
  });
});
