import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const WORKSPACE = resolve(__dirname, '../../..');
const STATEMENT = /\b(?:import|export)\s+(type\s)?([^'";]*?)\sfrom\s+'([^']+)'/g;
const BARE = /\bimport\s+'([^']+)'/g;
const DYNAMIC = /\b(?:import|require)\(\s*'([^']+)'\s*\)/g;

export interface GraphFile {
  /** From the workspace's root. */
  path: string;
  source: string;
  /** What it imports from outside of the workspace. */
  packages: string[];
}

/** Every source file that loading a module loads, dynamic imports too; imports of types alone are erased and not followed. */
export function importGraph(entry: string): GraphFile[] {
  const files = new Map<string, GraphFile>();
  const visit = (path: string): void => {
    if (files.has(path)) return;
    const source = readFileSync(path, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
    const packages: string[] = [];
    files.set(path, { path: relative(WORKSPACE, path), source, packages });
    for (const specifier of specifiersOf(source)) {
      const file = sourceOf(specifier, path);
      if (file) visit(file);
      else packages.push(specifier);
    }
  };
  visit(resolve(__dirname, entry));
  return [...files.values()];
}

function specifiersOf(source: string): string[] {
  const found: string[] = [];
  for (const [, type, names, specifier] of source.matchAll(STATEMENT)) {
    const braces = /^\{([^}]*)\}$/.exec(names.trim())?.[1];
    const onlyTypes = braces?.split(',').every((name) => name.trim() === '' || name.trim().startsWith('type '));
    if (!type && !onlyTypes) found.push(specifier);
  }
  for (const pattern of [BARE, DYNAMIC]) for (const [, specifier] of source.matchAll(pattern)) found.push(specifier);
  return found;
}

/** The source behind a specifier of the workspace; undefined for other packages. */
function sourceOf(specifier: string, importer: string): string | undefined {
  if (specifier.startsWith('.')) return join(dirname(importer), specifier.replace(/\.js$/, '.ts'));
  const name = /^@reenact\/([^/]+)$/.exec(specifier)?.[1];
  if (name === undefined) return undefined;
  return ['libs', 'apps'].map((kind) => join(WORKSPACE, kind, name, 'src/index.ts')).find((path) => existsSync(path));
}
