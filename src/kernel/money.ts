/** Money: an integer of minor units and a currency (ISO 4217). Sums are kept by currency. */
import type { Money } from '../../contracts/fields/index.js';

/** Amounts by currency, in minor units. */
export type MoneyByCurrency = Readonly<Record<string, number>>;

/**
 * Adds an amount to the sums. A sum of 0 is left out.
 * @throws RangeError beyond 2^53 - 1 minor units, where integers stop being exact.
 */
export function add(sums: MoneyByCurrency, money: Money, times = 1): MoneyByCurrency {
  const { [money.currency]: before = 0, ...others } = sums;
  const amount = before + money.amount * times;
  if (!Number.isSafeInteger(amount)) {
    throw new RangeError(`A sum in ${money.currency} exceeds 2^53 - 1 minor units, beyond which it is not exact.`);
  }
  return amount === 0 ? others : { ...others, [money.currency]: amount };
}

/** Adds two sums. */
export function merge(left: MoneyByCurrency, right: MoneyByCurrency): MoneyByCurrency {
  return Object.entries(right).reduce((sums, [currency, amount]) => add(sums, { amount, currency }), left);
}

/** A percentage of an amount, rounded to a whole minor unit, half away from zero. @param percent 0 to 100 */
export function share(money: Money, percent: number): Money {
  const exact = (Math.abs(money.amount) * percent) / 100;
  return { amount: Math.sign(money.amount) * Math.round(exact) || 0, currency: money.currency };
}

/**
 * Adds an amount of the same currency, or subtracts it with `times` -1.
 * @throws RangeError when the currencies differ, or beyond 2^53 - 1 minor units.
 */
export function plus(left: Money, right: Money, times: 1 | -1 = 1): Money {
  if (left.currency !== right.currency) throw new RangeError(`${right.currency} can't be added to ${left.currency}.`);
  const amount = left.amount + right.amount * times;
  if (!Number.isSafeInteger(amount)) {
    throw new RangeError(`A sum in ${left.currency} exceeds 2^53 - 1 minor units, beyond which it is not exact.`);
  }
  return { amount, currency: left.currency };
}
