/** The tables that a selection is cut from, now or as of a position, each with the condition that holds there. */
import type { Selection } from '../port.js';
import type { Layout } from './layout.js';
import { and, raw, sql, TRUE, type Sql } from './sql.js';
import { condition, searchCurrent, searchPast } from './where.js';

export interface Source {
  readonly table: Sql;
  readonly condition: Sql;
  /** The JSON of its documents. */
  readonly document: Sql;
}

/**
 * Now: the current documents. As of a position: those of them that were so already, and those superseded since, which lie together at the
 * end of their table: a moment costs what has changed since.
 * @throws TypeError when a filter or a search does not fit the read model.
 */
export function sourcesOf(layout: Layout, { where, search, asOf }: Selection): readonly Source[] {
  const filter = where ? condition(layout, where) : TRUE;
  const document = raw('document');
  const now = search === undefined ? filter : and([filter, searchCurrent(layout, search)]);
  if (asOf === undefined) return [{ table: layout.current, condition: now, document }];
  const then = search === undefined ? filter : and([filter, searchPast(layout, search)]);
  return [
    { table: layout.current, condition: and([sql`since <= ${asOf}`, now]), document },
    { table: layout.past, condition: and([sql`until > ${asOf}`, sql`since <= ${asOf}`, then]), document: pastDocument(layout) },
  ];
}

/** The JSON of a superseded document, by the id that stands for it. */
export function pastDocument({ pastDocuments }: Layout): Sql {
  return sql`(SELECT text FROM ${pastDocuments} WHERE id = document)`;
}
