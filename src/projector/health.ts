/** Whether work succeeds. A process whose work has only failed for a while leaves it to other processes. */

/** How long work may fail, in milliseconds: longer than a change of primary. */
const PATIENCE_MS = 15_000;

export class Health {
  #failingSince: number | undefined;

  succeeded(): void {
    this.#failingSince = undefined;
  }

  failed(): void {
    this.#failingSince ??= performance.now();
  }

  /** False when work has only failed for 15 s. The caller then leaves the work to others, and failures are counted anew. */
  isHealthy(): boolean {
    if (this.#failingSince === undefined || performance.now() - this.#failingSince < PATIENCE_MS) return true;
    this.#failingSince = undefined;
    return false;
  }
}
