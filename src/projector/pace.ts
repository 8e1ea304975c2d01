/** Events per second of the last few seconds. */
const WINDOW_MS = 5_000;

export class Pace {
  readonly #steps: { readonly at: number; readonly events: number }[] = [];

  /** Counts events that were done just now. @returns events per second over the last seconds */
  add(events: number, now = performance.now()): number {
    this.#steps.push({ at: now, events });
    while ((this.#steps[0]?.at ?? now) < now - WINDOW_MS) this.#steps.shift();
    const [first] = this.#steps;
    if (!first || first.at === now) return 0;
    // What the first step did was done before the window began.
    const done = this.#steps.reduce((sum, step) => sum + step.events, 0) - first.events;
    return Math.round((done * 1_000) / (now - first.at));
  }
}
