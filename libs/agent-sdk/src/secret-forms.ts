/** What stands anywhere in the name of a secret. */
const NAME_PARTS =
  /SECRET|TOKEN|PASSW|PASSPHRASE|PASSCODE|CREDENTIAL|PRIVATE|AUTH|BEARER|COOKIE|SESSION|SIGNATURE|WEBHOOK|MNEMONIC|PWD|JWT|DSN|CONN(ECTION)?[_.\s-]?STR/i;
/** What does as a word of its own, or at the end. */
const NAME_WORDS = /(^|[^A-Z])(KEYS?|APIKEYS?|PASS|PW|CREDS?|SALT|OTP|SIG)([^A-Z]|$)|(KEY|PASS)$/i;

/** Secrets by their form, wherever they stand in a text. All are bounded, so that no long text takes long. */
const FORMS: readonly RegExp[] = [
  // User information of a URL, and of what is nearly one: `user:password@tcp(host)/db`.
  /:\/\/[^\s/@]{1,500}@/,
  /:\/\/[^\s/:@]{0,200}:[^\s@]{1,500}@/,
  /(^|[\s=,;"'(])[^\s/:@=,;"']{1,200}:[^\s@]{1,500}@/,
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY/,
  /\b(Bearer|Basic|Digest|Negotiate|ApiKey)\s+\S/i,
  // JSON Web Tokens, and other JSON in base64.
  /(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]/,
  // GitHub, GitLab, Slack, Stripe and who is like it, npm, PyPI, SendGrid, Hugging Face, DigitalOcean, Shopify, Google, and our own.
  /(?<![A-Za-z0-9])(gh[oprsu]_|github_pat_|gl[a-z]{2,5}-|xox[a-z]-|xapp-|sk[_-]|rk_|whsec_|npm_|pypi-|SG\.|hf_|do[opr]_v1_|shp[a-z]{2}_|ya29\.|rnt_)[A-Za-z0-9]/,
  /(?<![A-Za-z0-9])((AKIA|ASIA)[A-Z0-9]|AIza[A-Za-z0-9_-]{20})/,
  /hooks\.slack\.com\/services\//,
  // As clients of databases and curl take them: `-psecret`, `-p secret`, `-u user:secret`.
  /(^|\s)-p\s?\S/i,
  /(^|\s)(-u|--user|--proxy-user)[\s=]?[^\s:]{1,200}:\S/i,
];

/** `name=`, `"name": `, `name[0]=`, with something behind it. */
const NAMED = /(?<![\w.-])[\w.-]+(?: [\w.-]+)?(?=(?:\[[^\]\s]{0,50}\])?["']?\s{0,10}([=:])\s{0,10}\S)/g;
const OPTION = /(?<!\S)--?([A-Za-z][\w.-]*)(?=\s+\S)/g;

/** Whether what has that name is likely a secret; `apiKey` counts as `api_key`. */
export function isSecretName(name: string): boolean {
  const words = name.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2');
  return NAME_PARTS.test(name) || NAME_WORDS.test(words);
}

/** Whether a text holds a secret: one by its form, or a value that the name of a secret stands before. */
export function holdsSecret(text: string): boolean {
  if (FORMS.some((form) => form.test(text))) return true;
  for (const [, option] of text.matchAll(OPTION)) if (isSecretName(option)) return true;
  for (const { 0: name, 1: mark, index } of text.matchAll(NAMED)) {
    // In a list of paths the mark only stands between two of them.
    const isPath = mark === ':' && /\S[/\\]$/.test(text.slice(Math.max(0, index - 2), index));
    if (!isPath && isSecretName(name)) return true;
  }
  return false;
}
