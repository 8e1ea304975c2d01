import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { add, merge, plus, share, type MoneyByCurrency } from '../../src/kernel/money.js';

const money = fc.record({
  amount: fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }),
  currency: fc.constantFrom('EUR', 'RON', 'BRL'),
});
const total = (list: readonly { amount: number; currency: string }[]) => list.reduce<MoneyByCurrency>((sums, one) => add(sums, one), {});

describe('Sums of money', () => {
  it('are kept by currency, without zero amounts', () => {
    expect(
      total([
        { amount: 5, currency: 'EUR' },
        { amount: 7, currency: 'RON' },
        { amount: -5, currency: 'EUR' },
      ]),
    ).toEqual({ RON: 7 });
  });

  it('are the same in any order, and merged from parts', () => {
    fc.assert(
      fc.property(fc.array(money), fc.array(money), (left, right) => {
        expect(merge(total(left), total(right))).toEqual(total([...right, ...left]));
      }),
    );
  });

  it('are restored by subtracting what was added', () => {
    fc.assert(
      fc.property(fc.array(money), money, (list, one) => {
        expect(add(add(total(list), one), one, -1)).toEqual(total(list));
      }),
    );
  });

  it('refuse to become inexact', () => {
    const most = { amount: Number.MAX_SAFE_INTEGER, currency: 'EUR' };
    expect(() => add(add({}, most), { amount: 1, currency: 'EUR' })).toThrow(RangeError);
    expect(() => plus(most, { amount: 1, currency: 'EUR' })).toThrow(RangeError);
  });

  it('in one currency refuse another one', () => {
    expect(plus({ amount: 5, currency: 'EUR' }, { amount: 3, currency: 'EUR' })).toEqual({ amount: 8, currency: 'EUR' });
    expect(plus({ amount: 5, currency: 'EUR' }, { amount: 3, currency: 'EUR' }, -1)).toEqual({ amount: 2, currency: 'EUR' });
    expect(() => plus({ amount: 5, currency: 'EUR' }, { amount: 3, currency: 'RON' })).toThrow(/RON.*EUR/);
  });
});

describe('A share of money', () => {
  it.each([
    [105, 10, 11],
    [104, 10, 10],
    [-105, 10, -11],
    [999, 50, 500],
    [0, 33, 0],
    [12345, 100, 12345],
    [12345, 0, 0],
  ])('%d at %d %% is %d, halves away from zero', (amount, percent, expected) => {
    expect(share({ amount, currency: 'EUR' }, percent)).toEqual({ amount: expected, currency: 'EUR' });
  });

  it('is a whole number between 0 and the amount, and symmetric for negative amounts', () => {
    fc.assert(
      fc.property(money, fc.integer({ min: 0, max: 100 }), (one, percent) => {
        const part = share(one, percent);
        expect(Number.isInteger(part.amount)).toBe(true);
        expect(Math.abs(part.amount)).toBeLessThanOrEqual(Math.abs(one.amount));
        expect(share({ ...one, amount: 0 - one.amount }, percent).amount + part.amount).toBe(0);
      }),
    );
  });
});
