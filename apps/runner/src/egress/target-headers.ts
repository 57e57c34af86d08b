import type { Target } from '@reenact/contracts';
import { readTargetSecret } from './target-secrets.js';

/** Belong to the connection or to the runner, whatever was captured. */
const OWN = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'idempotency-key',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** The headers that a target is configured with, secrets read. Kept in memory only. */
export async function targetHeaders(target: Target, secrets: string | undefined): Promise<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const [name, header] of Object.entries(target.headers)) {
    const secret = 'secretRef' in header ? header.secretRef : undefined;
    headers[name.toLowerCase()] =
      secret === undefined ? (header as { value: string }).value : await readTargetSecret(secrets, target.environmentId, secret);
  }
  return withoutOwn(headers);
}

/** What an action is sent with: captured headers that the plan lets through, the target's own over them, and the key of the effect. */
export function sentHeaders(
  captured: Record<string, string> | undefined,
  configured: Record<string, string>,
  idempotencyKey: string,
): Record<string, string> {
  return { ...withoutOwn(captured ?? {}), ...configured, 'idempotency-key': idempotencyKey };
}

function withoutOwn(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OWN.has(name.toLowerCase())));
}
