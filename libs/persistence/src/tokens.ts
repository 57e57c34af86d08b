/** Nest token of the service's PostgreSQL schema name. */
export const SCHEMA = Symbol('reenact:schema');
