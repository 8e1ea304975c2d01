/** The rules for amounts of opportunities. */
import type { Money } from '../../contracts/fields/index.js';
import { rejection } from './rejections.js';

/** @throws Rejection when the amount is negative, or not in the pipeline's currency. */
export function checkAmount(amount: Money, currency: string, field: string): void {
  if (amount.amount < 0) throw rejection('AMOUNT_NEGATIVE', `${field} is negative; it must be 0 or more.`, field);
  if (amount.currency !== currency) {
    throw rejection('CURRENCY_MISMATCH', `${field} is in ${amount.currency}, but the currency of the pipeline is ${currency}.`, field);
  }
}
