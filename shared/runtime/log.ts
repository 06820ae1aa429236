// Structured logs: one JSON object a line, with the service and the cluster time, so that the lines of all processes of a run
// can be merged and read as one story. Where the lines go is the caller's business.

import { CodedError } from './coded-errors.ts';
import type { Clock } from './ports/clock.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The same log with these fields on every line. */
  child(fields: LogFields): Logger;
}

export interface LoggerOptions {
  readonly service: string;
  readonly clock: Clock;
  /** Lines below it are dropped. Default `info`. */
  readonly level?: LogLevel;
  /** Takes one line with its line end. */
  readonly write: (line: string) => void;
}

export function createLogger(options: LoggerOptions, fixed: LogFields = {}): Logger {
  const threshold = LOG_LEVELS.indexOf(options.level ?? 'info');
  const line = (level: LogLevel, message: string, fields: LogFields = {}): void => {
    if (LOG_LEVELS.indexOf(level) < threshold) return;
    const entry = { timeNs: options.clock.now(), level, service: options.service, message, ...fixed, ...fields };
    options.write(`${JSON.stringify(entry, replace)}\n`);
  };
  return {
    debug: (message, fields) => line('debug', message, fields),
    info: (message, fields) => line('info', message, fields),
    warn: (message, fields) => line('warn', message, fields),
    error: (message, fields) => line('error', message, fields),
    child: (fields) => createLogger(options, { ...fixed, ...fields }),
  };
}

/** For services that are not asked to log, and for tests. */
export function silentLogger(): Logger {
  const nothing = (): undefined => undefined;
  const logger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => logger };
  return logger;
}

function replace(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`;
  if (value instanceof CodedError) return { code: value.code, message: value.message, cause: value.cause };
  if (value instanceof Error) return { name: value.name, message: value.message, stack: value.stack };
  return value;
}
