import { AsyncLocalStorage } from 'node:async_hooks';

/** What every log line of a piece of work carries. */
export interface LogContext {
  service?: string;
  pool?: string;
  requestId?: string;
  [field: string]: unknown;
}

const storage = new AsyncLocalStorage<LogContext>();

/** Runs `work` with these fields on every line it logs, besides those that are set already. */
export function withLogContext<T>(fields: LogContext, work: () => T): T {
  return storage.run({ ...storage.getStore(), ...fields }, work);
}

/** The fields of the work that runs now. */
export function logContext(): LogContext {
  return storage.getStore() ?? {};
}
