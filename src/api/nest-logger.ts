/** The framework's own messages, as lines of the program's log. */
import type { LoggerService } from '@nestjs/common';
import { messageOf } from '../kernel/message-of.js';
import type { Logger } from '../logger.js';

/** Nest tells of a port in use before it throws; whoever catches that tells the user. */
const toldElsewhere = /EADDRINUSE/;

/** Nest logs through the program's logger; its start-up chatter only at debug. */
export function nestLogger(logger: Logger): LoggerService {
  const line =
    (level: 'debug' | 'warn' | 'error') =>
    (message: unknown, ...context: unknown[]) => {
      const text = messageOf(message);
      if (toldElsewhere.test(text)) return;
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
