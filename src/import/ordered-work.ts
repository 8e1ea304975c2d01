/** Runs work concurrently, with the same result as if it ran one by one: work on the same resources keeps its order. */

/** Readers of a resource run together; a writer runs alone. */
export type Access = 'read' | 'write';

/** The resources that a piece of work uses. */
export type Accesses = ReadonlyMap<unknown, Access>;

/** Work that uses a resource at the same time: one writer, or any number of readers. */
interface Group {
  readonly access: Access;
  /** Resolves when the group before it is done. */
  readonly previous: Promise<unknown>;
  readonly done: Promise<unknown>;
  readonly finish: () => void;
  size: number;
}

export class OrderedWork {
  /** The last group of each resource. */
  readonly #groups = new Map<unknown, Group>();

  /**
   * Runs a piece of work when everything is done that was given before and conflicts with it: writers of what it reads, and readers and
   * writers of what it writes.
   * @returns the result of the work
   */
  async run<T>(accesses: Accesses, work: () => Promise<T>): Promise<T> {
    const groups = [...accesses].map(([resource, access]) => this.#join(resource, access));
    try {
      await Promise.all(groups.map(({ previous }) => previous));
      return await work();
    } finally {
      [...accesses.keys()].forEach((resource, index) => this.#leave(resource, groups[index]));
    }
  }

  #join(resource: unknown, access: Access): Group {
    const last = this.#groups.get(resource);
    if (last?.access === 'read' && access === 'read') {
      last.size += 1;
      return last;
    }
    let finish: () => void = () => undefined;
    const done = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const group: Group = { access, previous: last?.done ?? Promise.resolve(), done, finish, size: 1 };
    this.#groups.set(resource, group);
    return group;
  }

  #leave(resource: unknown, group: Group | undefined): void {
    if (!group) return;
    group.size -= 1;
    if (group.size > 0) return;
    group.finish();
    if (this.#groups.get(resource) === group) this.#groups.delete(resource);
  }
}
