import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again, 20 ms later each time, until the answer passes. @returns the answer that passed */
export async function until<T>(ask: () => Promise<T>, passes: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (passes(answer)) return answer;
    await sleep(20);
  }
}
