import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  emptyDistribution,
  EXACT,
  mean,
  mergeDistributions,
  quantile,
  record,
  unrecord,
  type Distribution,
} from '../../src/kernel/distribution.js';

const recorded = (values: readonly number[]) => values.reduce<Distribution>(record, emptyDistribution);

/** Days with fractions, as key figures have them: zero and negative ones too. */
const days = fc.oneof(
  fc.integer({ min: -50_000, max: 5_000_000 }).map((hundredths) => hundredths / 100),
  fc.constantFrom(0, 1e-12, 1, 30),
);
const few = fc.array(days, { maxLength: 60 });
const many = fc.array(days, { minLength: EXACT + 1, maxLength: 700, size: 'max' });
const any = fc.oneof(few, many);

function expectSame(actual: Distribution, expected: Distribution): void {
  const { sum, ...rest } = actual;
  const { sum: expectedSum, ...expectedRest } = expected;
  expect(rest).toEqual(expectedRest);
  expect(sum).toBeCloseTo(expectedSum, 4);
}

describe('A distribution', () => {
  it('without values has no mean and no quantile', () => {
    expect(mean(emptyDistribution)).toBeNull();
    expect(quantile(emptyDistribution, 0.5)).toBeNull();
  });

  it('of few values is exact: mean, the higher of the two in the middle, extremes', () => {
    const four = recorded([10, 1, 4, 2]);
    expect(mean(four)).toBe(4.25);
    expect(quantile(four, 0.5)).toBe(4);
    expect(quantile(four, 0)).toBe(1);
    expect(quantile(four, 1)).toBe(10);
  });

  it('keeps all values up to its limit', () => {
    const full = recorded(Array.from({ length: EXACT }, (_, index) => EXACT - index));
    expect(full.values).toHaveLength(EXACT);
    expect(record(full, 1).values).toBeUndefined();
    expect(record(full, 1).count).toBe(EXACT + 1);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('refuses %d', (value) => {
    expect(() => record(emptyDistribution, value)).toThrow(RangeError);
  });

  it('has quantiles of any number of values with an error of at most 1 %', () => {
    fc.assert(
      fc.property(many, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
        const sorted = values.toSorted((a, b) => a - b);
        const exact = sorted[Math.min(Math.floor(q * sorted.length), sorted.length - 1)]!;
        expect(Math.abs(quantile(recorded(values), q)! - exact)).toBeLessThanOrEqual(Math.abs(exact) * 0.0100001 + 1e-9);
      }),
      { numRuns: 30 },
    );
  });

  it('has the exact mean of any number of values, except for rounding', () => {
    fc.assert(
      fc.property(many, (values) => {
        expect(mean(recorded(values))).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / values.length, 4);
      }),
      { numRuns: 20 },
    );
  });

  it('merged from parts equals one with all values', () => {
    fc.assert(
      fc.property(fc.array(any, { maxLength: 5 }), (parts) => {
        expectSame(mergeDistributions(parts.map(recorded)), recorded(parts.flat()));
      }),
      { numRuns: 30 },
    );
  });

  it('merged with a higher limit stays exact', () => {
    const parts = [
      recorded(Array.from({ length: 200 }, (_, index) => index)),
      recorded(Array.from({ length: 200 }, (_, index) => 200 + index)),
    ];
    expect(quantile(mergeDistributions(parts, 1000), 0.5)).toBe(200);
    expect(mergeDistributions(parts).values).toBeUndefined();
  });

  it('with values removed equals one without them', () => {
    fc.assert(
      fc.property(few, few, (kept, undone) => {
        expect(undone.reduce(unrecord, recorded([...kept, ...undone]))).toEqual(recorded(kept));
      }),
    );
    fc.assert(
      fc.property(many, few, (kept, undone) => {
        expectSame(undone.reduce(unrecord, recorded([...kept, ...undone])), recorded(kept));
      }),
      { numRuns: 15 },
    );
  });

  it('refuses to remove a value that was never recorded', () => {
    expect(() => unrecord(recorded([1, 2]), 3)).toThrow(RangeError);
    expect(() => unrecord(recorded(Array.from({ length: 300 }, () => 5)), 1000)).toThrow(RangeError);
    expect(() => unrecord(emptyDistribution, 0)).toThrow(RangeError);
  });

  it('is plain data, which can be stored and read again', () => {
    fc.assert(
      fc.property(any, days, (values, next) => {
        const stored = JSON.parse(JSON.stringify(recorded(values))) as Distribution;
        expectSame(record(stored, next), recorded([...values, next]));
      }),
      { numRuns: 20 },
    );
  });
});
