/** Waiting for news, but not for too long. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves with the news, or after so many milliseconds. */
export async function firstOf(news: Promise<void>, milliseconds: number): Promise<void> {
  const timer = new AbortController();
  await Promise.race([news, sleep(milliseconds, undefined, { signal: timer.signal }).catch(() => undefined)]);
  timer.abort();
}
