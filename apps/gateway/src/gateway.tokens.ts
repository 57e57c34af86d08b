/** Nest tokens of values that have no class. */
export const CONFIG = Symbol('GatewayConfig');
export const OBJECT_STORE = Symbol('ObjectStore');
