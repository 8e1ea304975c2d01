/** Waits for another process's write without blocking the thread. */
import { setTimeout as delay } from 'node:timers/promises';
import { DatabaseUnavailable } from './unavailable.js';

/** How long one attempt may block the thread, in milliseconds. */
export const BUSY_MS = 5;

const PAUSE_MS = 5;

/** Runs the work when the file is not locked. @throws DatabaseUnavailable when another process has locked it for `timeoutMs` milliseconds. */
export async function retryWhileBusy<T>(work: () => T, timeoutMs = 10_000): Promise<T> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    try {
      return work();
    } catch (error) {
      const busy = error instanceof DatabaseUnavailable && error.reason === 'busy';
      if (!busy || performance.now() > until) throw error;
      await delay(PAUSE_MS);
    }
  }
}
