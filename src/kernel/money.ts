/** Money: an integer of minor units and a currency (ISO 4217). Sums keep currencies apart. */
import type { Money } from '../../contracts/values.js';

/** Amounts by currency, in minor units. */
export type Moneys = Readonly<Record<string, number>>;

/**
 * The sum with one more amount; an amount that comes to nothing is left out.
 * @throws RangeError beyond 2^53 - 1 minor units, where integers are no longer exact.
 */
export function add(sums: Moneys, money: Money, times = 1): Moneys {
  const { [money.currency]: before = 0, ...others } = sums;
  const amount = before + money.amount * times;
  if (!Number.isSafeInteger(amount)) throw new RangeError(`A sum in ${money.currency} exceeds what is exact: 2^53 - 1 minor units.`);
  return amount === 0 ? others : { ...others, [money.currency]: amount };
}

/** Both sums in one. */
export function merge(left: Moneys, right: Moneys): Moneys {
  return Object.entries(right).reduce((sums, [currency, amount]) => add(sums, { amount, currency }), left);
}

/** A share of an amount, rounded half away from zero to a whole minor unit. @param percent 0 to 100 */
export function share(money: Money, percent: number): Money {
  const exact = (Math.abs(money.amount) * percent) / 100;
  return { amount: Math.sign(money.amount) * Math.round(exact) || 0, currency: money.currency };
}

/**
 * An amount with another one of the same currency added, or taken away with `times` -1.
 * @throws RangeError when the currencies differ, or beyond 2^53 - 1 minor units.
 */
export function plus(left: Money, right: Money, times: 1 | -1 = 1): Money {
  if (left.currency !== right.currency) throw new RangeError(`${right.currency} can't be added to ${left.currency}.`);
  const amount = left.amount + right.amount * times;
  if (!Number.isSafeInteger(amount)) throw new RangeError(`A sum in ${left.currency} exceeds what is exact: 2^53 - 1 minor units.`);
  return { amount, currency: left.currency };
}
