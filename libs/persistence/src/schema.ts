import type { ServiceName } from '@reenact/contracts';

/** The PostgreSQL schema that a service owns: its name with `_` for `-`. Safe to place in SQL as it is. */
export function schemaOf(service: ServiceName): string {
  return service.replaceAll('-', '_');
}
