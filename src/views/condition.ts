/** A filter read once for all engines: what is and, or, not and a comparison is each engine's own. */
import type { Scalar, Where } from './query.js';

export type Comparison = Extract<Where, { readonly kind: 'is' }>;

/** What filters become in one engine. */
export interface Conditions<Condition, Column> {
  readonly and: (parts: readonly Condition[]) => Condition;
  readonly or: (parts: readonly Condition[]) => Condition;
  readonly not: (part: Condition) => Condition;
  readonly comparison: (column: Column, comparison: Comparison) => Condition;
  readonly among: (column: Column, values: readonly Scalar[]) => Condition;
}

/** @param columnOf finds a column by its name, and throws where it is not declared for filters */
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
    case 'notIn':
      return conditions.not(conditions.among(columnOf(where.column), where.values));
  }
}
