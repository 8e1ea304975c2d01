/** The tables that a selection reads, now or as of a position, each with its condition. */
import type { Selection } from '../port/query.js';
import type { Layout } from './layout.js';
import { and, raw, sql, TRUE, type Sql } from './sql.js';
import { condition, pastCondition, searchCurrent, searchPast } from './where.js';

export interface Source {
  readonly table: Sql;
  readonly condition: Sql;
  /** The JSON of its documents. */
  readonly document: Sql;
}

/**
 * Now: the current documents. As of a position: current documents that are old enough, and documents superseded since, which are together at the end
 * of their table. So the cost depends on what has changed since.
 * @param indexed whether the build has its indexes; a search scans all documents until then
 * @throws TypeError when a filter or a search does not fit the read model.
 */
export function sourcesOf(layout: Layout, { where, search, asOf }: Selection, indexed: boolean): readonly Source[] {
  const searched = search === undefined ? TRUE : searchPast(layout, search);
  const found = search === undefined || !indexed ? searched : searchCurrent(layout, search);
  const now = and([where ? condition(layout, where) : TRUE, found]);
  const document = raw('document');
  if (asOf === undefined) return [{ table: layout.current, condition: now, document }];
  const then = and([where ? pastCondition(layout, where) : TRUE, searched]);
  return [
    { table: layout.current, condition: and([sql`since <= ${asOf}`, now]), document },
    { table: layout.past, condition: and([sql`until > ${asOf}`, sql`since <= ${asOf}`, then]), document: pastDocument(layout) },
  ];
}

/** The JSON of a superseded document, by its id. */
export function pastDocument({ pastDocuments }: Layout): Sql {
  return sql`(SELECT text FROM ${pastDocuments} WHERE id = document)`;
}
