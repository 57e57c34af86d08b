const SECRET_NAME =
  /(SECRET|TOKEN|PASSW|PASSPHRASE|CREDENTIAL|PRIVATE|API_?KEY|ACCESS_?KEY|AUTH|COOKIE|SESSION|DSN|CONNECTION_STRING)/i;
const SECRET_VALUE =
  /:\/\/[^/\s:@]*:[^/\s@]+@|-----BEGIN [A-Z ]*PRIVATE KEY-----|^(rnt|ghp|gho|ghs|github_pat|sk|xox[abps]|AKIA|eyJ)[_A-Za-z0-9-]/;

export interface CapturedEnvironment {
  pid: number;
  cwd: string;
  args: string[];
  /** Sorted by name; secrets are left out. */
  env: { name: string; value: string }[];
}

export interface RedactedEnvironment {
  environment: CapturedEnvironment;
  /** The names of the variables that were left out. */
  redacted: string[];
}

/** What a process may tell of its environment: variables whose name or value looks like a secret are left out and named. */
export function redactEnvironment(process: {
  pid: number;
  cwd: string;
  args: string[];
  env: Record<string, string | undefined>;
}): RedactedEnvironment {
  const { pid, cwd, args } = process;
  const pairs = Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
  const isSecret = ({ name, value }: { name: string; value: string }) => SECRET_NAME.test(name) || SECRET_VALUE.test(value);
  const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
  return {
    environment: { pid, cwd, args, env: pairs.filter((pair) => !isSecret(pair)).sort(byName) },
    redacted: pairs
      .filter(isSecret)
      .map(({ name }) => name)
      .sort(),
  };
}
