/**
 * A distribution of values that can be stored in a document, undone and merged: exact while there are few values, then in buckets of
 * one percent width (after DDSketch: Masson, Rim, Lee, VLDB 2019), so that quantiles have a relative error of at most 1 %.
 */
export interface Distribution {
  readonly count: number;
  readonly sum: number;
  /** The values themselves, in ascending order, while there are at most {@link EXACT}. */
  readonly values?: readonly number[];
  /** Otherwise the count of each bucket, in ascending order. Buckets of negative values have negative numbers; that of zero is 0. */
  readonly buckets?: readonly Bucket[];
}

/** The number of a bucket, and the count of its values. */
type Bucket = readonly [bucket: number, count: number];

export const EXACT = 256;
const GAMMA = 1.01 / 0.99;
const LOG_GAMMA = Math.log(GAMMA);
/** Values nearer to zero than this count as zero. */
const SMALLEST = 1e-9;
/** Added to the logarithm, so that the bucket of the smallest positive value is above zero. */
const OFFSET = 2000;

export const emptyDistribution: Distribution = { count: 0, sum: 0, values: [] };

/** Adds a value. @throws RangeError when it is not finite. */
export function record(distribution: Distribution, value: number): Distribution {
  if (!Number.isFinite(value)) throw new RangeError(`A distribution takes finite numbers, not ${value}.`);
  return combine(distribution, { count: 1, sum: value, values: [value] }, 1);
}

/** Removes a value that was recorded before, such as that of a win that was undone. @throws RangeError when it was not recorded */
export function unrecord(distribution: Distribution, value: number): Distribution {
  if (distribution.values) {
    const at = distribution.values.indexOf(value);
    if (at < 0) throw new RangeError(`${value} was never recorded, so it can't be removed.`);
    return exactly(distribution.values.toSpliced(at, 1));
  }
  return combine(distribution, { count: 1, sum: value, values: [value] }, -1);
}

/** Merges distributions. The result is exact when all parts are and it has at most `limit` values. */
export function mergeDistributions(parts: readonly Distribution[], limit = EXACT): Distribution {
  if (parts.every((part) => part.values)) {
    const values = parts.flatMap((part) => part.values ?? []).sort((a, b) => a - b);
    const exact = exactly(values);
    return values.length <= limit ? exact : { count: exact.count, sum: exact.sum, buckets: bucketed(exact) };
  }
  return parts.reduce((left, right) => combine(left, right, 1), emptyDistribution);
}

/** The arithmetic mean; null without values. */
export function mean(distribution: Distribution): number | null {
  return distribution.count === 0 ? null : distribution.sum / distribution.count;
}

/**
 * The quantile `q`; null without values. It is always one of the values (with an error of at most 1 % when there are
 * many): of two in the middle the higher one, the high median.
 * @param q 0 to 1; 0.5 is the median
 */
export function quantile(distribution: Distribution, q: number): number | null {
  const { count, values, buckets = [] } = distribution;
  if (count === 0) return null;
  const rank = Math.min(Math.floor(q * count), count - 1);
  if (values) return values[rank] ?? null;
  let seen = 0;
  for (const [bucket, size] of buckets) {
    seen += size;
    if (seen > rank) return middle(bucket);
  }
  throw new RangeError(`A distribution of ${count} values has only ${seen} in its buckets.`);
}

/** Recalculates the sum from the values, so that a removed value leaves no rounding error. */
function exactly(values: readonly number[]): Distribution {
  return { count: values.length, sum: values.reduce((sum, value) => sum + value, 0), values };
}

function combine(left: Distribution, right: Distribution, sign: 1 | -1): Distribution {
  if (sign === 1 && left.values && right.values && left.count + right.count <= EXACT) return mergeDistributions([left, right]);
  const more = bucketed(right);
  const buckets: Bucket[] = [];
  let at = 0;
  const take = (upTo: number): void => {
    for (let next = more[at]; next && next[0] < upTo; next = more[++at]) buckets.push(counted(next[0], 0, sign * next[1]));
  };
  for (const bucket of bucketed(left)) {
    take(bucket[0]);
    const same = more[at];
    if (same?.[0] !== bucket[0]) {
      buckets.push(bucket);
    } else {
      at++;
      const now = counted(bucket[0], bucket[1], sign * same[1]);
      if (now[1] > 0) buckets.push(now);
    }
  }
  take(Infinity);
  return { count: left.count + sign * right.count, sum: left.sum + sign * right.sum, buckets };
}

function counted(bucket: number, before: number, change: number): Bucket {
  if (before + change < 0) throw new RangeError("A value that was never recorded can't be removed.");
  return [bucket, before + change];
}

function bucketed({ values, buckets = [] }: Distribution): readonly Bucket[] {
  if (!values) return buckets;
  const counts = new Map<number, number>();
  for (const value of values) {
    const bucket = bucketOf(value);
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => a - b);
}

function bucketOf(value: number): number {
  const size = Math.abs(value);
  return size < SMALLEST ? 0 : Math.sign(value) * (OFFSET + Math.ceil(Math.log(size) / LOG_GAMMA));
}

function middle(bucket: number): number {
  return bucket === 0 ? 0 : (Math.sign(bucket) * 2 * GAMMA ** (Math.abs(bucket) - OFFSET)) / (GAMMA + 1);
}
