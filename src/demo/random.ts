/** Reproducible random numbers: the same seed gives the same numbers on every machine. */

export interface Random {
  /** 0 or more, less than 1. */
  next(): number;
  /** A whole number from `min` to `max`, inclusive. */
  whole(min: number, max: number): number;
  /** True with this probability. @param share 0 to 1 */
  chance(share: number): boolean;
  one<T>(values: readonly T[]): T;
  /** One of the values, with a probability in proportion to its weight. */
  weighted<T>(values: readonly (readonly [value: T, weight: number])[]): T;
  /** A positive number with this median, mostly between a third and three times of it: a typical distribution of durations and amounts. */
  around(median: number): number;
}

/**
 * Marsaglia's xorshift generator of 32 bits with the shifts 13, 17, 5 ("Xorshift RNGs", Journal of Statistical Software 8(14), 2003).
 * Its period of 2^32 - 1 and its quality are good enough for demo data, and for nothing else.
 */
export function random(seed: number): Random {
  // Neighbouring seeds must give unrelated numbers, and the state must not be 0, which never changes.
  let state = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x5f356495) >>> 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state = (state ^ (state << 5)) >>> 0;
    return state / 2 ** 32;
  };
  for (let warming = 0; warming < 8; warming++) next();

  const chooser: Random = {
    next,
    whole: (min, max) => min + Math.floor(next() * (max - min + 1)),
    chance: (share) => next() < share,
    one(values) {
      const value = values[Math.floor(next() * values.length)];
      if (value === undefined) throw new RangeError('There are no values to choose from.');
      return value;
    },
    weighted(values) {
      let left = next() * values.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [value, weight] of values) {
        left -= weight;
        if (left < 0) return value;
      }
      return chooser.one(values.map(([value]) => value));
    },
    // The sum of four numbers is almost normally distributed, so this is almost log-normal.
    around: (median) => median * Math.exp((next() + next() + next() + next() - 2) * 0.95),
  };
  return chooser;
}
