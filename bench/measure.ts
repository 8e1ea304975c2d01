/** How figures are taken: several runs, the subject and its limit in turn, the median and the spread kept. */

/** The outcome of several runs. */
export interface Figure {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** @throws RangeError without values. */
export function figureOf(values: readonly number[]): Figure {
  if (values.length === 0) throw new RangeError('A figure needs at least one value.');
  const sorted = values.toSorted((a, b) => a - b);
  return { median: quantile(sorted, 0.5), min: sorted[0] ?? NaN, max: sorted.at(-1) ?? NaN };
}

/** The value below which a share of the sorted values lies: the nearest rank. @param share 0 to 1 */
export function quantile(sorted: readonly number[], share: number): number {
  const value = sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))];
  if (value === undefined) throw new RangeError('There is no quantile of nothing.');
  return value;
}

/**
 * Runs each of the measurements `runs` times, in turn rather than one after the other: what slows the machine meets them all.
 * Unless they begin cold by nature, one run of each goes before and isn't counted.
 */
export async function inTurn<Name extends string, Value>(
  runs: number,
  measurements: Readonly<Record<Name, () => Promise<Value>>>,
  { warmUp = true }: { readonly warmUp?: boolean } = {},
): Promise<Record<Name, readonly Value[]>> {
  const names = Object.keys(measurements) as Name[];
  const values = Object.fromEntries(names.map((name) => [name, [] as Value[]])) as unknown as Record<Name, Value[]>;
  for (let run = warmUp ? -1 : 0; run < runs; run++) {
    for (const name of names) {
      const value = await measurements[name]();
      if (run >= 0) values[name].push(value);
    }
  }
  return values;
}

/** How long `work` takes, in seconds, and what it answers. */
export async function timed<T>(work: () => T | Promise<T>): Promise<{ readonly seconds: number; readonly result: T }> {
  const start = performance.now();
  const result = await work();
  return { seconds: (performance.now() - start) / 1000, result };
}
