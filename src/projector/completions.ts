/**
 * Builds that have caught up are made fit to serve beside the work that goes on: a store that makes indexes of much takes minutes for it, and
 * what is live follows the log meanwhile.
 */
import { buildName, idOf, type Build } from '../views/builds.js';
import type { Lease, ViewWriter } from '../views/port.js';

interface Completion {
  /** Of the lease that it was begun under. The store refuses to mark a build under one that somebody else has taken since. */
  readonly token: number;
  /** Resolves when it has ended, whatever came of it. */
  readonly ended: Promise<void>;
  outcome?: { readonly failure?: unknown };
}

export class Completions {
  readonly #views: Pick<ViewWriter, 'complete'>;
  readonly #onEnd: () => void;
  readonly #begun = new Map<string, Completion>();
  /** One after the other, so that the store has time for what is live. */
  #last: Promise<void> = Promise.resolve();

  /** @param onEnd told when one has ended: it is worth asking again */
  constructor(views: Pick<ViewWriter, 'complete'>, onEnd: () => void) {
    this.#views = views;
    this.#onEnd = onEnd;
  }

  /**
   * Whether a build that has caught up is fit to serve by now. What that takes is begun when it is first asked for, and begun anew when it was
   * begun under another lease, or when it failed: that is thrown once.
   */
  isDone(build: Build, lease: Lease): boolean {
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

  /** Resolves when nothing is under way for a build any more, and forgets what came of it. */
  async ended(build: Build): Promise<void> {
    const name = buildName(idOf(build));
    await this.#begun.get(name)?.ended;
    this.#begun.delete(name);
  }

  #begin(build: Build, lease: Lease): Completion {
    const work = this.#last.then(() => this.#views.complete(build, lease));
    const ended = work.then(
      () => {
        completion.outcome = {};
      },
      (failure: unknown) => {
        completion.outcome = { failure };
      },
    );
    const completion: Completion = { token: lease.token, ended };
    this.#last = ended.then(() => this.#onEnd());
    return completion;
  }
}
