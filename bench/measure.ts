/** Measurement: several runs, alternating between the subject and its limit, with median and spread. */

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

/** A quantile of sorted values, by nearest rank. @param share 0 to 1 */
export function quantile(sorted: readonly number[], share: number): number {
  const value = sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))];
  if (value === undefined) throw new RangeError('A quantile needs at least one value.');
  return value;
}

/**
 * Runs each of the measurements `runs` times, alternating, so that a slow machine affects all of them.
 * Each has one warm-up run that isn't counted, unless it is meant to start cold.
 */
export async function inTurn<Name extends string, Value>(
  runs: number,
  measurements: Readonly<Record<Name, () => Promise<Value>>>,
  { warmUp = true }: { readonly warmUp?: boolean } = {},
): Promise<Record<Name, readonly Value[]>> {
  const names = Object.keys(measurements) as Name[];
  const values = Object.fromEntries(names.map((name) => [name, [] as Value[]])) as Record<Name, Value[]>;
  for (let run = warmUp ? -1 : 0; run < runs; run++) {
    for (const name of names) {
      const value = await measurements[name]();
      if (run >= 0) values[name].push(value);
    }
  }
  return values;
}

/** The duration of `work` in seconds, and its result. */
export async function timed<T>(work: () => T | Promise<T>): Promise<{ readonly seconds: number; readonly result: T }> {
  const start = performance.now();
  const result = await work();
  return { seconds: (performance.now() - start) / 1000, result };
}
