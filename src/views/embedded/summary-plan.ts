/** The statements of a summary: one for counts and sums of numbers, and one for each measure of money or of a sketch. */
import { dimensionColumn, undeclared } from '../shared/columns.js';
import type { SummaryQuery } from '../port/query.js';
import { stretchOf } from './cut.js';
import type { Layout, StoredColumn } from './layout.js';
import { type Source, sourcesOf } from './selection.js';
import { identifier, join, raw, sql, type Sql } from './sql.js';

/** Numbers are summed with the counts; money gives rows of the group's values, currency and sum; sketches rows of the values and a JSON array. */
export type PlannedMeasure =
  | { readonly name: string; readonly kind: 'number' }
  | { readonly name: string; readonly kind: 'money' | 'distribution'; readonly query: Sql };

export interface SummaryPlan {
  readonly groupBy: readonly { readonly name: string; readonly flag: boolean }[];
  readonly measures: readonly PlannedMeasure[];
  /** Rows of the group's values, the count, then the sums of numbers in the measures' order. */
  readonly query: Sql;
}

/**
 * @param indexed whether the build has its indexes
 * @throws TypeError when a column is no dimension or no measure, or a filter or the search does not fit the read model.
 */
export function summaryPlan(layout: Layout, { groupBy, measures, cuts = {}, ...selection }: SummaryQuery, indexed: boolean): SummaryPlan {
  const dimensions = groupBy.map((name) => dimensionColumn(layout.model, layout.columns, name, cuts));
  const groups = dimensions.map((_, index) => identifier(`g${index}`));
  const sources = sourcesOf(layout, selection, indexed);
  const named = dimensions.map((column, index) => {
    const bounds = cuts[column.spec.name];
    return sql`${bounds ? stretchOf(column, bounds) : column.value} AS ${groups[index] ?? raw('')}`;
  });
  /** The selected documents, with the group's values and other columns. */
  const documents = (columns: (source: Source) => readonly Sql[]): Sql => {
    const rows = sources.map(
      (source) => sql`SELECT ${join([...named, ...columns(source), raw('1')])} FROM ${source.table} WHERE ${source.condition}`,
    );
    return sql`(${join(rows, ' UNION ALL ')})`;
  };
  const select = (values: readonly Sql[], from: Sql, by: readonly Sql[]): Sql => {
    const all = sql`SELECT ${join([...groups, ...values])} FROM ${from}`;
    return by.length > 0 ? sql`${all} GROUP BY ${join(by)}` : all;
  };
  const byCurrency = (from: Sql): Sql => select([raw('currency'), exactSum(raw('amount'))], from, [...groups, raw('currency')]);

  const numbers: StoredColumn[] = [];
  const planned = measures.map((name): PlannedMeasure => {
    const added = layout.model.columns.find((column) => column.name === name && column.measure)?.kind.added;
    const inDocument = ({ document }: Source) => [sql`json_extract(${document}, ${`$.${JSON.stringify(name)}`}) AS value`];
    if (added === 'moneyByCurrency') {
      const sums = sql`(SELECT ${join([...groups, raw('sums.key AS currency'), raw('sums.value AS amount')])}
        FROM ${documents(inDocument)} AS documents, json_each(documents.value) AS sums)`;
      return { name, kind: 'money', query: byCurrency(sums) };
    }
    if (added === 'distribution') {
      return { name, kind: 'distribution', query: select([raw('json_group_array(json(value))')], documents(inDocument), groups) };
    }
    const stored = layout.columns.get(name);
    if (!added || !stored) throw undeclared(layout.model, name, 'measure');
    if (stored.currency) {
      const columns = [sql`${stored.currency} AS currency`, sql`${stored.value} AS amount`];
      return { name, kind: 'money', query: byCurrency(documents(() => columns)) };
    }
    if (stored.kind !== 'int' && stored.kind !== 'decimal') throw undeclared(layout.model, name, 'measure');
    numbers.push(stored);
    return { name, kind: 'number' };
  });

  const columns = numbers.map(({ value }, index) => sql`${value} AS ${identifier(`n${index}`)}`);
  const sums = numbers.map(({ kind }, index) => {
    const column = identifier(`n${index}`);
    return kind === 'int' ? exactSum(column) : sql`sum(${column})`;
  });
  return {
    groupBy: dimensions.map(({ spec, kind }) => ({ name: spec.name, flag: kind === 'boolean' })),
    measures: planned,
    query: select(
      [raw('count(*)'), ...sums],
      documents(() => columns),
      groups,
    ),
  };
}

/** As text, so that no digit is lost. SQLite fails when a sum exceeds 64 bits. */
function exactSum(column: Sql): Sql {
  return sql`CAST(sum(${column}) AS TEXT)`;
}
