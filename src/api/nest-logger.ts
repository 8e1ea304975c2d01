/** Nest's messages, in the program's log. */
import type { LoggerService } from '@nestjs/common';
import { messageOf } from '../kernel/message-of.js';
import type { Logger } from '../logger.js';

/** Nest logs a port in use before it throws; the caller reports the error. */
const reportedElsewhere = /EADDRINUSE/;

/** Nest logs through the program's logger; its start-up messages only at debug. */
export function nestLogger(logger: Logger): LoggerService {
  const line =
    (level: 'debug' | 'warn' | 'error') =>
    (message: unknown, ...context: unknown[]) => {
      const text = messageOf(message);
      if (reportedElsewhere.test(text)) return;
      logger[level]({ from: typeof context.at(-1) === 'string' ? context.at(-1) : 'nest' }, text);
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
