import { Problem } from '@reenact/contracts';
import type { FastifyRequest } from 'fastify';

/** The `Idempotency-Key` of a request, if it has one. Throws `validation_failed` for one that cannot be remembered. */
export function idempotencyKeyOf({ headers }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || key.length < 1 || key.length > 255) {
    throw new Problem('validation_failed', { errors: [{ path: '', message: 'Idempotency-Key must have 1 to 255 characters' }] });
  }
  return key;
}
