/** Queries: filters, orders, pages and summaries, on the columns that a document class declares for them. */
import type { Distribution } from '../../kernel/distribution.js';
import type { Position } from '../../kernel/event.js';
import type { MoneyByCurrency } from '../../kernel/money.js';

export type Scalar = string | number | boolean | null;

/**
 * A filter on declared columns; another column or a value of another type is a TypeError. `eq`, `ne`, `in` and `notIn` compare
 * text exactly; other operators ignore case and accents (`kernel/fold`). Ids, users, choices, days and instants are ordered exactly. Money is compared
 * by its amount in minor units. A condition is true or false, never unknown: null is neither less nor greater than a value, and has no prefix.
 */
export type Where =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Where[] }
  | { readonly kind: 'not'; readonly of: Where }
  /** `agree`: equal without case and accents, for duplicates. `ne` and `notIn` are true for null. */
  | {
      readonly kind: 'is';
      readonly column: string;
      readonly op: 'eq' | 'ne' | 'lt' | 'lte' | 'gt' | 'gte' | 'startsWith' | 'contains' | 'agree';
      readonly value: Scalar;
    }
  | { readonly kind: 'in' | 'notIn'; readonly column: string; readonly values: readonly Scalar[] }
  /** Of money: the amount is in this currency (ISO 4217). */
  | { readonly kind: 'currency'; readonly column: string; readonly currency: string }
  /** The document has one of these keys. */
  | { readonly kind: 'key'; readonly keys: readonly string[] };

/** Text is ordered by its folded form, code point by code point; money by its amount; null comes before everything. */
export interface Order {
  readonly column: string;
  readonly descending: boolean;
}

/** The documents that a query reads. */
export interface Selection {
  readonly where?: Where;
  /** Each word must be the prefix of a word in a searched column, without case and accents. Text without a letter or digit finds everything. */
  readonly search?: string;
  /** As of this position, its event included; now when absent, or when the build is behind the position. */
  readonly asOf?: Position;
}

export interface ListQuery extends Selection {
  /** Ties are broken by key, in the direction of the last column; by key alone, ascending, when there is none. */
  readonly orderBy: readonly Order[];
  readonly first: number;
  /** A cursor from a page of the same order. */
  readonly after?: string;
}

export interface ListPage {
  /** The documents as a JSON array of `{key, cursor, document}`. */
  readonly json: string;
  readonly hasNext: boolean;
}

/** Bounds by the column that they cut. */
export type Cuts = Readonly<Record<string, readonly string[]>>;

export interface SummaryQuery extends Selection {
  readonly groupBy: readonly string[];
  /**
   * Bounds, ascending, of columns of days or instants declared with `filter` or `dimension`: grouped by is how many of the bounds are not
   * after the value. At most 10,000 in all.
   */
  readonly cuts?: Cuts;
  readonly measures: readonly string[];
}

export interface SummaryGroup {
  /** The value of each column grouped by, as it stands; of a column that is cut, a number. */
  readonly by: Readonly<Record<string, Scalar>>;
  readonly count: number;
  /** Numbers summed, null when there is none; money summed by currency; distributions merged. */
  readonly measures: Readonly<Record<string, number | MoneyByCurrency | Distribution | null>>;
}
