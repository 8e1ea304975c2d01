/** Queries that may take long, as messages to a reader thread, and their execution there. */
import type { Database } from '../../sqlite/database.js';
import type { ListPage, SummaryGroup } from '../port/query.js';
import { type PageQuery, readPage } from './page.js';
import type { Sql } from './sql.js';
import { readSummary } from './summary.js';
import type { SummaryPlan } from './summary-plan.js';

export type Query =
  | ({ readonly kind: 'page' } & PageQuery)
  | ({ readonly kind: 'summary' } & SummaryPlan)
  /** One row with one number. */
  | { readonly kind: 'number'; readonly query: Sql };

/** The result of each kind of query. */
export interface Answers {
  readonly page: ListPage;
  /** Groups as JSON: a string is passed between threads quickly. */
  readonly summary: string;
  readonly number: number;
}

export type Answer = Answers[keyof Answers];

export function answer(database: Database, query: Query): Answer {
  switch (query.kind) {
    case 'page':
      return readPage(database, query);
    case 'summary':
      return JSON.stringify(readSummary(database, query));
    case 'number':
      return database.prepare<readonly [number]>(query.query.text, { arrays: true }).get(...query.query.values)?.[0] ?? 0;
  }
}

export function groupsOf(summary: string): readonly SummaryGroup[] {
  return JSON.parse(summary) as readonly SummaryGroup[];
}
