import { holdsSecret, isSecretName } from './secret-forms.js';

/** `--name=value`, or `NAME=value` as one hands variables over. */
const ASSIGNMENT = /^([A-Za-z0-9_.-]+)(=)(.+)$/s;
const OPTION = /^--?[A-Za-z][A-Za-z0-9_.-]*$/;
/** Variables that a shell names like secrets. */
const DIRECTORIES: ReadonlySet<string> = new Set(['PWD', 'OLDPWD']);

export interface CapturedEnvironment {
  pid: number;
  cwd: string;
  args: string[];
  /** Sorted by name. */
  env: { name: string; value: string }[];
}

export interface RedactedEnvironment {
  environment: CapturedEnvironment;
  /** Where a secret was: `/env/<name>`, `/args/<index>`. */
  redacted: string[];
}

/**
 * What a process may tell of its environment: variables and arguments whose name or value looks like a secret become what `hide` makes
 * of them; of an argument `--name=value` only the value. Rather too much is hidden than too little.
 */
export function redactEnvironment(
  process: { pid: number; cwd: string; args: readonly string[]; env: Record<string, string | undefined> },
  hide: (secret: string) => string,
): RedactedEnvironment {
  const { pid, cwd } = process;
  const redacted: string[] = [];
  const shown = (path: string, isSecret: boolean, text: string) => {
    if (isSecret && text !== '') redacted.push(path);
    return isSecret && text !== '' ? hide(text) : text;
  };
  const args = process.args.map((arg, n) => {
    const { name, value } = assignment(arg);
    return name + shown(`/args/${n}`, isSecretArgument(name, value, process.args[n - 1]), value);
  });
  const env = Object.entries(process.env)
    .flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, value }) => ({ name, value: shown(`/env/${name}`, isSecretVariable(name, value), value) }));
  return { environment: { pid, cwd, args, env }, redacted };
}

/** An argument's name with its `=`, and its value; a secret that only looks like a name with a value has none. */
function assignment(arg: string): { name: string; value: string } {
  const [, name = '', mark = '', value = arg] = ASSIGNMENT.exec(arg) ?? [];
  return holdsSecret(name) ? { name: '', value: arg } : { name: name + mark, value };
}

function isSecretArgument(name: string, value: string, before = ''): boolean {
  if (holdsSecret(value) || isSecretName(name)) return true;
  // The value of the option before it, as in `--password value`.
  const option = name === '' ? (OPTION.test(before) ? `${before} ` : '') : name;
  return holdsSecret(option + value);
}

function isSecretVariable(name: string, value: string): boolean {
  return holdsSecret(value) || (isSecretName(name) && !DIRECTORIES.has(name));
}
