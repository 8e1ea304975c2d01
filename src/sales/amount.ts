/** What holds for every amount of an opportunity. */
import type { Money } from '../../contracts/values.js';
import { Rejection } from '../kernel/rejection.js';

/** @throws Rejection when the amount is negative, or in another currency than the pipeline counts in. */
export function checkAmount(amount: Money, currency: string, field: string): void {
  if (amount.amount < 0) throw new Rejection('AMOUNT_NEGATIVE', `${field} is negative; it must be 0 or more.`, field);
  if (amount.currency !== currency) {
    throw new Rejection('CURRENCY_MISMATCH', `${field} is in ${amount.currency}, but the pipeline counts in ${currency}.`, field);
  }
}
