/** Work in turns: much of it at once, and yet as if it were done in the order in which it was asked for. */

/** What a piece of work touches, and whether it only looks at it. */
export type Touched = ReadonlyMap<unknown, 'looks' | 'changes'>;

/** Those that touch the same together: one that changes it, or any number that only look at it. */
interface Group {
  readonly touch: 'looks' | 'changes';
  /** The work of those before it. */
  readonly before: Promise<unknown>;
  readonly over: Promise<unknown>;
  readonly end: () => void;
  count: number;
}

export class Turns {
  readonly #last = new Map<unknown, Group>();

  /**
   * Begins a piece of work when everything is over that was asked for before, and changes what it touches, or touches what it changes.
   * @returns what comes of it
   */
  async take<T>(touched: Touched, work: () => Promise<T>): Promise<T> {
    const groups = [...touched].map(([what, touch]) => this.#join(what, touch));
    try {
      await Promise.all(groups.map(({ before }) => before));
      return await work();
    } finally {
      [...touched.keys()].forEach((what, index) => this.#leave(what, groups[index]));
    }
  }

  #join(what: unknown, touch: Group['touch']): Group {
    const last = this.#last.get(what);
    if (last?.touch === 'looks' && touch === 'looks') {
      last.count += 1;
      return last;
    }
    let end: () => void = () => undefined;
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    const group: Group = { touch, before: last?.over ?? Promise.resolve(), over, end, count: 1 };
    this.#last.set(what, group);
    return group;
  }

  #leave(what: unknown, group: Group | undefined): void {
    if (!group) return;
    group.count -= 1;
    if (group.count > 0) return;
    group.end();
    if (this.#last.get(what) === group) this.#last.delete(what);
  }
}
