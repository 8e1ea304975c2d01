/** Conditions on one column, as a caller gave them and as the view port takes them. */
import type { GraphQLError } from 'graphql';
import type { Scalar, Where } from '../../views/port/query.js';
import { badInput, readText } from './errors.js';

export type Operator = 'eq' | 'ne' | 'in' | 'notIn' | 'isNull' | 'lt' | 'lte' | 'gt' | 'gte' | 'startsWith' | 'contains';

/** What a caller gives for one column. */
export type ColumnFilter = { readonly [Op in Operator]?: unknown };

/** The most values that `in` and `notIn` take. */
const MOST_VALUES = 500;

/**
 * @param path the argument that has the filter
 * @throws GraphQLError when a value is missing, or there are too many
 */
export function columnConditions(column: string, filter: ColumnFilter, path: string): Where[] {
  const refuse = (op: string, why: string): GraphQLError =>
    badInput('BAD_USER_INPUT', `${path}.${column}.${op}`, `${column}: ${op} ${why}.`);
  return Object.entries(filter).flatMap(([op, given]): Where[] => {
    if (given === undefined) return [];
    for (const value of [given].flat()) if (typeof value === 'string') readText(`${path}.${column}.${op}`, value);
    if (op === 'isNull') return given === null ? [] : [{ kind: 'is', column, op: given ? 'eq' : 'ne', value: null }];
    if (op === 'in' || op === 'notIn') {
      if (given === null) return [];
      const values = given as readonly Scalar[];
      if (values.length > MOST_VALUES) throw refuse(op, `takes at most ${MOST_VALUES} values`);
      return [{ kind: op, column, values }];
    }
    if (given === null && op !== 'eq' && op !== 'ne') throw refuse(op, 'needs a value; ask for null by isNull');
    return [{ kind: 'is', column, op: op as 'eq', value: given as Scalar }];
  });
}

/**
 * Conditions on `id`, which is the key of the document and never null.
 * @param path the argument that has the filter
 * @throws GraphQLError as `columnConditions` does
 */
export function idConditions(filter: ColumnFilter, path: string): Where[] {
  return columnConditions('id', filter, path).map((condition): Where => {
    const values = 'values' in condition ? condition.values : 'value' in condition ? [condition.value] : [];
    const these: Where = { kind: 'key', keys: values.filter((value) => typeof value === 'string') };
    const others = condition.kind === 'notIn' || (condition.kind === 'is' && condition.op === 'ne');
    return others ? { kind: 'not', of: these } : these;
  });
}
