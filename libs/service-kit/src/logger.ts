import type { LoggerService } from '@nestjs/common';
import { destination, type Logger, pino } from 'pino';
import { logContext } from './log-context.js';
import { scrub } from './scrub.js';
import type { LogLevel } from './service-config.js';

/** Nest's own chatter about wiring, which only matters when one debugs it. */
const CHATTER = new Set([
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestFactory',
  'NestApplication',
  'NestMicroservice',
]);

const loggers = new Map<string, Logger>();

/** This process's JSON logger for a level and place. Lines carry the fields of `withLogContext`, and no secrets. */
export function openLogger(level: LogLevel, file?: string): Logger {
  const key = `${level} ${file ?? ''}`;
  const logger = loggers.get(key) ?? createLogger(level, file);
  loggers.set(key, logger);
  return logger;
}

function createLogger(level: LogLevel, file?: string): Logger {
  const sink = destination({ dest: file ?? 1, sync: true, mkdir: true });
  const stream = { write: (line: string) => void sink.write(scrub(line)) };
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      mixin: logContext,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
}

/** Lets Nest and everything that uses its `Logger` write through pino. */
export class PinoLoggerService implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    const { context } = split(rest);
    this.write(context !== undefined && CHATTER.has(context) ? 'debug' : 'info', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  private write(level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace', message: unknown, rest: unknown[]): void {
    const { context, stack } = split(rest);
    const error = message instanceof Error ? { err: message } : {};
    const fields = { ...(context !== undefined && { context }), ...(stack !== undefined && { stack }), ...error };
    this.logger[level](
      fields,
      message instanceof Error ? message.message : typeof message === 'string' ? message : JSON.stringify(message),
    );
  }
}

/** Nest passes the context last and, with errors, a stack before it. */
function split(rest: unknown[]): { context?: string; stack?: string } {
  const texts = rest.filter((value): value is string => typeof value === 'string');
  const stack = texts.find((text) => /\n\s+at /.test(text));
  const context = texts.findLast((text) => text !== stack);
  return { context, stack };
}
