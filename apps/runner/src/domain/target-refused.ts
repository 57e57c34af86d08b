import { Problem } from '@reenact/contracts';

/** `target_refused`, with the reason. */
export function refused(detail: string): Problem {
  return new Problem('target_refused', { detail });
}
