/** Questions to read models: filters, orders, pages and summaries, on the columns that a document class declares for them. */
import type { Distribution } from '../kernel/distribution.js';
import type { Position } from '../kernel/event.js';
import type { Moneys } from '../kernel/money.js';

export type Scalar = string | number | boolean | null;

/**
 * A filter on declared columns; another column or a value of another type is a TypeError. Text is compared as it stands by `eq`, `ne`, `in`
 * and `notIn`, without case and accents (`kernel/fold`) by the others; ids, users, choices, days and instants are ordered as they stand.
 * Money is compared by its amount in minor units. Every condition holds or does not, so that `not` turns it round: null is neither below
 * nor above anything, and begins with nothing.
 */
export type Where =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Where[] }
  | { readonly kind: 'not'; readonly of: Where }
  /** `agree`: equal without case and accents, as duplicates are told. `ne` and `notIn` hold for null. */
  | {
      readonly kind: 'is';
      readonly column: string;
      readonly op: 'eq' | 'ne' | 'lt' | 'lte' | 'gt' | 'gte' | 'startsWith' | 'contains' | 'agree';
      readonly value: Scalar;
    }
  | { readonly kind: 'in' | 'notIn'; readonly column: string; readonly values: readonly Scalar[] };

/** Text is ordered by its folded form, code point by code point; money by its amount; null comes before everything. */
export interface Order {
  readonly column: string;
  readonly descending: boolean;
}

/** What a list is cut from. */
export interface Selection {
  readonly where?: Where;
  /** Of these documents alone. */
  readonly keys?: readonly string[];
  /** Words that all must begin a word of a searched column, without case and accents. Text without a letter or a digit finds everything. */
  readonly search?: string;
  /** As of after the event at this position; now when absent, or when the read model has not come that far. */
  readonly asOf?: Position;
}

export interface ListQuery extends Selection {
  /** Ties are broken by key, in the direction of the last column; by key alone, ascending, when there is none. */
  readonly orderBy: readonly Order[];
  readonly first: number;
  /** A cursor that a page of the same order gave. */
  readonly after?: string;
}

export interface ListPage {
  /** The documents as a JSON array of `{key, cursor, document}`. */
  readonly json: string;
  readonly hasNext: boolean;
}

export interface SummaryQuery extends Selection {
  readonly groupBy: readonly string[];
  readonly measures: readonly string[];
}

export interface SummaryGroup {
  /** The value of each column grouped by, as it stands. */
  readonly by: Readonly<Record<string, Scalar>>;
  readonly count: number;
  /** Numbers summed, null when there is none; money summed by currency; distributions merged. */
  readonly measures: Readonly<Record<string, number | Moneys | Distribution | null>>;
}
