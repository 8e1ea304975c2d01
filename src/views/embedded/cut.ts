/** Days and instants cut into stretches, as an expression that searches the bounds by halves. */
import type { StoredColumn } from './layout.js';
import { raw, sql, type Sql } from './sql.js';

/** How many of the bounds, which ascend, are not after the value; null of null. */
export function stretchOf({ value }: StoredColumn, bounds: readonly string[]): Sql {
  const between = (from: number, to: number): Sql => {
    const middle = Math.floor((from + to) / 2);
    const bound = bounds[middle];
    if (from === to || bound === undefined) return raw(String(from));
    return sql`CASE WHEN ${value} < ${bound} THEN ${between(from, middle)} ELSE ${between(middle + 1, to)} END`;
  };
  return sql`CASE WHEN ${value} IS NOT NULL THEN ${between(0, bounds.length)} END`;
}
