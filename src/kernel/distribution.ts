/**
 * How values are spread, in a form that can be kept in a document, taken back and merged: exact while there are few, then by buckets of
 * one percent width (after DDSketch: Masson, Rim, Lee, VLDB 2019), so that a quantile of any number of values is right to 1 %.
 */
export interface Distribution {
  readonly count: number;
  readonly sum: number;
  /** The values themselves, in ascending order, while there are at most {@link EXACT}. */
  readonly values?: readonly number[];
  /** Otherwise, how many fell into each bucket: `p12` and `n12` are the twelfth above and below zero, `z` is zero. */
  readonly buckets?: Readonly<Record<string, number>>;
}

export const EXACT = 256;
const GAMMA = 1.01 / 0.99;
const LOG_GAMMA = Math.log(GAMMA);
/** Values nearer to zero than this count as zero. */
const SMALLEST = 1e-9;

export const emptyDistribution: Distribution = { count: 0, sum: 0, values: [] };

/** With one more value. @throws RangeError when it is not finite. */
export function record(distribution: Distribution, value: number): Distribution {
  if (!Number.isFinite(value)) throw new RangeError(`A distribution takes finite numbers, not ${value}.`);
  return combine(distribution, { count: 1, sum: value, values: [value] }, 1);
}

/** With one value taken back that was recorded before: a win that was undone. */
export function unrecord(distribution: Distribution, value: number): Distribution {
  if (distribution.values) {
    const at = distribution.values.indexOf(value);
    if (at < 0) throw new RangeError(`${value} was never recorded, so it can't be taken back.`);
    return exactly(distribution.values.toSpliced(at, 1));
  }
  return combine(distribution, { count: 1, sum: value, values: [value] }, -1);
}

/** Both in one; exact when both are and the result is small, or when `limit` says so. */
export function mergeDistributions(parts: readonly Distribution[], limit = EXACT): Distribution {
  if (parts.every((part) => part.values)) {
    const values = parts.flatMap((part) => part.values ?? []).sort((a, b) => a - b);
    const exact = exactly(values);
    return values.length <= limit ? exact : bucketed(exact);
  }
  return parts.reduce((left, right) => combine(left, right, 1), emptyDistribution);
}

/** The arithmetic mean; null of nothing. */
export function mean(distribution: Distribution): number | null {
  return distribution.count === 0 ? null : distribution.sum / distribution.count;
}

/**
 * The value that a share of the values lies below; null of nothing. Always one of the values (within the bucket's 1 % when there are
 * many): of two in the middle the higher one, which statisticians call the high median.
 * @param q 0 to 1; 0.5 is the median
 */
export function quantile(distribution: Distribution, q: number): number | null {
  const { count, values, buckets = {} } = distribution;
  if (count === 0) return null;
  const rank = Math.min(Math.floor(q * count), count - 1);
  if (values) return values[rank] ?? null;
  let seen = 0;
  for (const [bucket, size] of ordered(buckets)) {
    seen += size;
    if (seen > rank) return middle(bucket);
  }
  throw new RangeError(`A distribution of ${count} values has only ${seen} in its buckets.`);
}

/** The sum is taken anew from the values, so that one taken back leaves no trace of rounding. */
function exactly(values: readonly number[]): Distribution {
  return { count: values.length, sum: values.reduce((sum, value) => sum + value, 0), values };
}

function combine(left: Distribution, right: Distribution, sign: 1 | -1): Distribution {
  if (sign === 1 && left.values && right.values && left.count + right.count <= EXACT) return mergeDistributions([left, right]);
  const buckets: Record<string, number> = { ...bucketed(left).buckets };
  for (const [bucket, count] of Object.entries(bucketed(right).buckets ?? {})) {
    const now = (buckets[bucket] ?? 0) + sign * count;
    if (now < 0) throw new RangeError('A value that was never recorded can not be taken back.');
    if (now === 0) delete buckets[bucket];
    else buckets[bucket] = now;
  }
  return { count: left.count + sign * right.count, sum: left.sum + sign * right.sum, buckets };
}

function bucketed(distribution: Distribution): Distribution {
  if (!distribution.values) return distribution;
  const buckets: Record<string, number> = {};
  for (const value of distribution.values) {
    const bucket = bucketOf(value);
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
  return { count: distribution.count, sum: distribution.sum, buckets };
}

function bucketOf(value: number): string {
  const size = Math.abs(value);
  if (size < SMALLEST) return 'z';
  return `${value < 0 ? 'n' : 'p'}${Math.ceil(Math.log(size) / LOG_GAMMA)}`;
}

function middle(bucket: string): number {
  if (bucket === 'z') return 0;
  const size = (2 * GAMMA ** Number(bucket.slice(1))) / (GAMMA + 1);
  return bucket.startsWith('n') ? -size : size;
}

function ordered(buckets: Readonly<Record<string, number>>): (readonly [string, number])[] {
  return Object.entries(buckets).sort(([a], [b]) => middle(a) - middle(b));
}
