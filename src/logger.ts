/** Log lines as JSON on standard error. Input, documents and headers are never logged: they may hold personal data. */
import type { LoggerService } from '@nestjs/common';
import { pino, destination, type Logger } from 'pino';

export type { Logger } from 'pino';

export function createLogger(level: string): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination({ fd: 2, sync: true }));
}

/** Nest's own messages, through the same lines; its start-up chatter only at debug. */
export function nestLogger(logger: Logger): LoggerService {
  const line =
    (level: 'debug' | 'warn' | 'error') =>
    (message: unknown, ...context: unknown[]) => {
      logger[level](
        { from: typeof context.at(-1) === 'string' ? context.at(-1) : 'nest' },
        message instanceof Error ? message.message : String(message),
      );
    };
  return {
    log: line('debug'),
    verbose: line('debug'),
    debug: line('debug'),
    warn: line('warn'),
    error: line('error'),
    fatal: line('error'),
  };
}
