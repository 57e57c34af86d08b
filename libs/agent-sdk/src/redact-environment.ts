const SECRET_NAME =
  /(SECRET|TOKEN|PASSW|PASSPHRASE|CREDENTIAL|PRIVATE|API[_-]?KEY|ACCESS[_-]?KEY|AUTH|COOKIE|SESSION|DSN|CONNECTION[_-]STRING)/i;
const SECRET_VALUE =
  /:\/\/[^/\s:@]*:[^/\s@]+@|-----BEGIN [A-Z ]*PRIVATE KEY-----|^(rnt|ghp|gho|ghs|github_pat|sk|xox[abps]|AKIA|eyJ)[_A-Za-z0-9-]/;
/** `--name=value`, or `NAME=value` as one hands variables over. */
const ASSIGNMENT = /^([A-Za-z0-9_.-]+=)(.+)$/s;
const OPTION = /^--?[A-Za-z]/;

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
 * of them; of an argument `--name=value` only the value.
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
    const [, name = '', value = arg] = ASSIGNMENT.exec(arg) ?? [];
    return name + shown(`/args/${n}`, isSecretArgument(name, value, process.args[n - 1]), value);
  });
  const env = Object.entries(process.env)
    .flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, value }) => ({
      name,
      value: shown(`/env/${name}`, SECRET_NAME.test(name) || SECRET_VALUE.test(value), value),
    }));
  return { environment: { pid, cwd, args, env }, redacted };
}

function isSecretArgument(name: string, value: string, before = ''): boolean {
  if (SECRET_VALUE.test(value)) return true;
  if (name !== '') return SECRET_NAME.test(name);
  // The value of the option before it, as in `--password value`.
  return OPTION.test(before) && !before.includes('=') && SECRET_NAME.test(before) && !OPTION.test(value);
}
