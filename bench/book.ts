/** The results of a run: figures and their limits. */
import { metrics, type Metric, type Target } from './metrics.js';
import { figureOf, type Figure } from './measure.js';

export interface Entry {
  readonly metric: Metric;
  readonly figure: Figure;
  readonly limit?: Figure;
  readonly target?: Target;
}

/** The ratio of a figure to its limit; undefined without one. */
export function ratioOf({ figure, limit }: Entry): number | undefined {
  return limit && figure.median / limit.median;
}

/** Whether the target is met; undefined without one. */
export function met(entry: Entry): boolean | undefined {
  const { target } = entry;
  if (!target) return undefined;
  if ('atLeast' in target) return entry.figure.median >= target.atLeast;
  if ('atMost' in target) return entry.figure.median <= target.atMost;
  const ratio = ratioOf(entry);
  if (ratio === undefined) return false;
  return 'ratio' in target ? ratio >= target.ratio : ratio <= target.ratioAtMost;
}

export class Book {
  readonly #onFigure: (entry: Entry) => void;
  readonly #entries = new Map<string, Entry>();

  /** @param onFigure called with every figure when it is measured */
  constructor(onFigure: (entry: Entry) => void) {
    this.#onFigure = onFigure;
  }

  /**
   * Records the values of a key's runs, and those of its limit.
   * @param target defaults to the metric's target
   * @throws RangeError when the key is not one of `metrics`.
   */
  note(key: string, values: readonly number[], limit?: readonly number[], target?: Target): void {
    const metric = metrics.find((each) => each.key === key);
    if (!metric) throw new RangeError(`${key} is not a key of this benchmark.`);
    const aim = target ?? metric.target;
    const entry = { metric, figure: figureOf(values), ...(limit ? { limit: figureOf(limit) } : {}), ...(aim ? { target: aim } : {}) };
    this.#entries.set(key, entry);
    this.#onFigure(entry);
  }

  /** The figures taken, in the order of `metrics`. */
  all(): readonly Entry[] {
    return metrics.flatMap(({ key }) => this.#entries.get(key) ?? []);
  }
}
