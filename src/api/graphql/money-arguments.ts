/** Filters and orders of money name a currency, since amounts in different currencies can't be compared. */
import type { GraphQLInputFieldConfigMap } from 'graphql';
import { currencyCode } from '../../../contracts/fields/scalars.js';
import type { ReadModelSpec } from '../../kernel/read-model.js';
import type { Where } from '../../views/port/query.js';
import { badInput } from './errors.js';
import { columnConditions, type ColumnFilter } from './column-conditions.js';
import { scalarOf } from './scalars.js';

export const currencyOfFilter: GraphQLInputFieldConfigMap = {
  currency: {
    type: scalarOf(currencyCode),
    description: 'The currency of the amounts, which are in minor units; others do not match. Required with every amount.',
  },
};

export const currencyOfOrder: GraphQLInputFieldConfigMap = {
  currency: {
    type: scalarOf(currencyCode),
    description: 'Required with a field of money, and only there: amounts in other currencies come last.',
  },
};

export function isMoney(model: ReadModelSpec, column: string): boolean {
  return model.columns.some(({ name, kind }) => name === column && kind.compared === 'money');
}

/**
 * @param path the argument that has the filter
 * @throws GraphQLError when an amount comes without a currency
 */
export function moneyTests(
  column: string,
  { currency, ...filter }: ColumnFilter & { readonly currency?: string | null },
  path: string,
): Where[] {
  const amounts = Object.entries(filter).some(([operator, value]) => operator !== 'isNull' && value !== null && value !== undefined);
  if (amounts && currency == null) {
    throw badInput('BAD_USER_INPUT', `${path}.${column}.currency`, `${column}: name the currency of the amount, such as currency: "EUR".`);
  }
  return [...(currency == null ? [] : [{ kind: 'currency' as const, column, currency }]), ...columnConditions(column, filter, path)];
}
