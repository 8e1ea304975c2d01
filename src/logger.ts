/** The logger: JSON lines on standard error. Input, documents and headers are never logged: they may contain personal data. */
import { pino, destination, type Logger } from 'pino';

export type { Logger } from 'pino';

export function createLogger(level: string): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination({ fd: 2, sync: true }));
}
