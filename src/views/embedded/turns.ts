/** Waiting for another process's write without keeping the thread: others of it get their turn meanwhile. */
import { setTimeout as delay } from 'node:timers/promises';
import { DatabaseUnavailable } from '../../sqlite/unavailable.js';

/** How long a single try may keep the thread, in milliseconds. */
export const BUSY_MS = 5;

const PAUSE_MS = 5;

/** Does the work as soon as the file is free for it. @throws DatabaseUnavailable when another process kept it locked for `timeoutMs`. */
export async function whenFree<T>(work: () => T, timeoutMs = 10_000): Promise<T> {
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
