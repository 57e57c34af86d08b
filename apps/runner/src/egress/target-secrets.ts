import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { refused } from '../domain/target-refused.js';

const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$/;

/** Reads `<directory>/<environmentId>/<name>`, nothing else; a newline at the end is not part of the secret. Throws `target_refused` for one that cannot be. */
export async function readTargetSecret(directory: string | undefined, environmentId: string, name: string): Promise<string> {
  if (directory === undefined) throw refused('this server has no directory of secrets');
  if (!NAME.test(name)) throw refused('a secret is named by letters, digits, dots, dashes and underscores');
  try {
    return (await readFile(join(directory, environmentId, name), 'utf8')).replace(/\r?\n$/, '');
  } catch {
    throw new Error(`this server has no secret ${name} for the environment`);
  }
}
