/** Whether work gets anywhere. It may take its time; what has done nothing but fail for a while, another may do better. */

/** How long, in milliseconds: it outlasts a change of primary. */
const PATIENCE_MS = 15_000;

export class Health {
  #failingSince: number | undefined;

  succeeded(): void {
    this.#failingSince = undefined;
  }

  failed(): void {
    this.#failingSince ??= performance.now();
  }

  /** No when nothing but failures came for so long: whoever asks leaves the work to others then, and what comes later is counted anew. */
  mayGoOn(): boolean {
    if (this.#failingSince === undefined || performance.now() - this.#failingSince < PATIENCE_MS) return true;
    this.#failingSince = undefined;
    return false;
  }
}
