/** Translates a filter to an engine's conditions; each engine supplies and, or, not and comparisons. */
import type { Scalar, Where } from '../port/query.js';

export type Comparison = Extract<Where, { readonly kind: 'is' }>;

/** The conditions of one engine. */
export interface Conditions<Condition, Column> {
  readonly and: (parts: readonly Condition[]) => Condition;
  readonly or: (parts: readonly Condition[]) => Condition;
  readonly not: (part: Condition) => Condition;
  readonly comparison: (column: Column, comparison: Comparison) => Condition;
  /** @throws TypeError when the column is not money */
  readonly inCurrency: (column: Column, currency: string) => Condition;
  readonly among: (column: Column, values: readonly Scalar[]) => Condition;
  readonly withKey: (keys: readonly string[]) => Condition;
}

/** @param columnOf finds a column by name, and throws when it is not declared for filters */
export function conditionOf<Condition, Column>(
  conditions: Conditions<Condition, Column>,
  columnOf: (name: string) => Column,
  where: Where,
): Condition {
  const read = (part: Where): Condition => conditionOf(conditions, columnOf, part);
  switch (where.kind) {
    case 'and':
      return conditions.and(where.of.map(read));
    case 'or':
      return conditions.or(where.of.map(read));
    case 'not':
      return conditions.not(read(where.of));
    case 'is':
      return conditions.comparison(columnOf(where.column), where);
    case 'in':
      return conditions.among(columnOf(where.column), where.values);
    case 'currency':
      return conditions.inCurrency(columnOf(where.column), where.currency);
    case 'key':
      return conditions.withKey(where.keys);
    case 'notIn':
      return conditions.not(conditions.among(columnOf(where.column), where.values));
  }
}
