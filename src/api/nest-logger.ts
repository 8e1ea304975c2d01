/** The framework's own messages, as lines of the program's log. */
import type { LoggerService } from '@nestjs/common';
import type { Logger } from '../logger.js';

/** Nest logs through the program's logger; its start-up chatter only at debug. */
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
