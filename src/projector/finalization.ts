/**
 * Finalizes builds that have caught up, in the background: creating indexes may take minutes, and live builds follow the log meanwhile.
 */
import type { Lease } from '../leases/port.js';
import { buildName, idOf } from '../views/port/build-identity.js';
import type { Build } from '../views/port/builds.js';
import type { ViewWriter } from '../views/port/store.js';

interface Finalization {
  /** The token of the lease. The store refuses to finalize a build under a lease that was lost. */
  readonly token: number;
  /** Resolves at the end, also after a failure. */
  readonly ended: Promise<void>;
  outcome?: { readonly failure?: unknown };
}

export class Finalizations {
  readonly #views: Pick<ViewWriter, 'finalize'>;
  readonly #onEnd: () => void;
  readonly #begun = new Map<string, Finalization>();
  /** Builds are finalized one at a time, so that the store has capacity for live builds. */
  #last: Promise<void> = Promise.resolve();

  /** @param onEnd called when a finalization has ended */
  constructor(views: Pick<ViewWriter, 'finalize'>, onEnd: () => void) {
    this.#views = views;
    this.#onEnd = onEnd;
  }

  /**
   * Whether the build is finalized. Begins the finalization at the first call, and again when the lease has changed or after a failure.
   * @throws the failure, once
   */
  isFinalized(build: Build, lease: Lease): boolean {
    const name = buildName(idOf(build));
    const known = this.#begun.get(name);
    if (known?.token !== lease.token) {
      this.#begun.set(name, this.#begin(build, lease));
      return false;
    }
    if (!known.outcome) return false;
    this.#begun.delete(name);
    if ('failure' in known.outcome) throw known.outcome.failure;
    return true;
  }

  /** Waits until no finalization of the build is running, and discards its outcome. */
  async ended(build: Build): Promise<void> {
    const name = buildName(idOf(build));
    await this.#begun.get(name)?.ended;
    this.#begun.delete(name);
  }

  #begin(build: Build, lease: Lease): Finalization {
    const work = this.#last.then(() => this.#views.finalize(build, lease));
    const ended = work.then(
      () => {
        finalization.outcome = {};
      },
      (failure: unknown) => {
        finalization.outcome = { failure };
      },
    );
    const finalization: Finalization = { token: lease.token, ended };
    this.#last = ended.then(() => this.#onEnd());
    return finalization;
  }
}
