/** Summaries: one statement for counts and sums, one more for each measure that is kept by currency or as a sketch, merged here. */
import { emptyDistribution, mergeDistributions, type Distribution } from '../../kernel/distribution.js';
import { add, type Moneys } from '../../kernel/money.js';
import type { Database } from '../../sqlite/database.js';
import type { Scalar, SummaryGroup, SummaryQuery } from '../port.js';
import type { Layout } from './layout.js';
import { sourcesOf } from './selection.js';
import { identifier, join, raw, sql, type Bound, type Sql } from './sql.js';

interface Measure {
  readonly name: string;
  /** Numbers are summed by the counting statement itself. */
  readonly kind: 'number' | 'money' | 'distribution';
  /** Rows of the group's values, then currency and sum, or a JSON array of sketches. */
  readonly query?: Sql;
}

export interface SummaryPlan {
  readonly groupBy: readonly { readonly name: string; readonly flag: boolean }[];
  readonly measures: readonly Measure[];
  /** Rows of the group's values, the count, then the sums of numbers in the measures' order. */
  readonly query: Sql;
}

type Row = readonly Bound[];

/** @throws TypeError when a column is no dimension or no measure, or a filter or the search does not fit the read model. */
export function summaryPlan(layout: Layout, { groupBy, measures, ...selection }: SummaryQuery): SummaryPlan {
  const dimensions = groupBy.map((name) => {
    const column = layout.columns.get(name);
    if (!column?.spec.dimension || column.kind === 'money') throw undeclared(layout, name, 'dimension');
    return column;
  });
  const sources = sourcesOf(layout, selection);
  const groups = dimensions.map((_, index) => identifier(`g${index}`));
  const grouped = (columns: readonly Sql[], from: (table: Sql) => Sql, values: readonly Sql[], by: readonly Sql[]): Sql => {
    const named = [...dimensions.map(({ value }, index) => sql`${value} AS ${groups[index] ?? raw('')}`), ...columns];
    const rows = sources.map(({ table, condition }) => sql`SELECT ${join([...named, raw('1')])} FROM ${from(table)} WHERE ${condition}`);
    const all = sql`SELECT ${join([...groups, ...values])} FROM (${join(rows, ' UNION ALL ')})`;
    return by.length > 0 ? sql`${all} GROUP BY ${join(by)}` : all;
  };
  const numbers: Sql[] = [];
  const planned = measures.map((name): Measure => {
    const spec = layout.model.columns.find((column) => column.name === name && column.measure);
    const stored = layout.columns.get(name);
    switch (spec?.type.kind) {
      case 'int':
      case 'decimal':
        if (stored) numbers.push(stored.value);
        return { name, kind: 'number' };
      case 'money': {
        const columns = [sql`${stored?.currency ?? raw('')} AS currency`, sql`${stored?.value ?? raw('')} AS amount`];
        const query = grouped(columns, (table) => table, [raw('currency'), raw('sum(amount)')], [...groups, raw('currency')]);
        return { name, kind: 'money', query };
      }
      case 'moneys': {
        const from = (table: Sql) => sql`${table}, json_each(document, ${pathTo(name)}) AS sums`;
        const columns = [raw('sums.key AS currency'), raw('sums.value AS amount')];
        return { name, kind: 'money', query: grouped(columns, from, [raw('currency'), raw('sum(amount)')], [...groups, raw('currency')]) };
      }
      case 'distribution': {
        const columns = [sql`json_extract(document, ${pathTo(name)}) AS sketch`];
        return { name, kind: 'distribution', query: grouped(columns, (table) => table, [raw('json_group_array(json(sketch))')], groups) };
      }
      default:
        throw undeclared(layout, name, 'measure');
    }
  });
  const columns = numbers.map((column, index) => sql`${column} AS ${identifier(`n${index}`)}`);
  const sums = numbers.map((_, index) => sql`sum(${identifier(`n${index}`)})`);
  return {
    groupBy: dimensions.map(({ spec, kind }) => ({ name: spec.name, flag: kind === 'boolean' })),
    measures: planned,
    query: grouped(columns, (table) => table, [raw('count(*)'), ...sums], groups),
  };
}

/** @throws RangeError when a sum exceeds 2^53 - 1, where integers are no longer exact. */
export function readSummary(database: Database, plan: SummaryPlan): readonly SummaryGroup[] {
  const size = plan.groupBy.length;
  const of = (row: Row) => JSON.stringify(row.slice(0, size));
  return database.snapshot(() => {
    const rows = ({ text, values }: Sql) => exactly(() => database.prepare<Row>(text, { arrays: true }).all(...values));
    const merged = plan.measures.map(({ kind, query }) => {
      if (!query) return undefined;
      return kind === 'money' ? moneys(rows(query), size, of) : sketches(rows(query), size, of);
    });
    return rows(plan.query).map((row) => groupOf(plan, row, (index) => merged[index]?.get(of(row))));
  });
}

/** What there is to say of no documents at all: nothing, or that there are none. */
export function emptySummary(plan: SummaryPlan): readonly SummaryGroup[] {
  return plan.groupBy.length > 0 ? [] : [groupOf(plan, [0], () => undefined)];
}

/** @param merged what the measure at an index came to in this group */
function groupOf({ groupBy, measures }: SummaryPlan, row: Row, merged: (index: number) => Moneys | Distribution | undefined): SummaryGroup {
  const [count, ...sums] = row.slice(groupBy.length);
  const numbers = sums.values();
  const valueOf = ({ kind }: Measure, index: number): SummaryGroup['measures'][string] => {
    if (kind === 'money') return merged(index) ?? {};
    if (kind === 'distribution') return merged(index) ?? emptyDistribution;
    const sum = numbers.next().value;
    return typeof sum === 'number' ? sum : null;
  };
  return {
    by: Object.fromEntries(groupBy.map(({ name, flag }, index) => [name, scalar(row[index] ?? null, flag)])),
    count: Number(count),
    measures: Object.fromEntries(measures.map((measure, index) => [measure.name, valueOf(measure, index)])),
  };
}

/** SQLite fails where a sum leaves 64 bits, the driver where it leaves 53. */
function exactly<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
    if (code !== 'ERR_OUT_OF_RANGE' && message !== 'integer overflow') throw error;
    throw new RangeError('A sum exceeds what is exact: 2^53 - 1. Group by more, or sum up fewer documents.', { cause: error });
  }
}

function moneys(rows: readonly Row[], size: number, of: (row: Row) => string): ReadonlyMap<string, Moneys> {
  const sums = new Map<string, Moneys>();
  for (const row of rows) {
    const [currency, amount] = row.slice(size);
    if (typeof currency !== 'string' || typeof amount !== 'number') continue;
    sums.set(of(row), add(sums.get(of(row)) ?? {}, { currency, amount }));
  }
  return sums;
}

function sketches(rows: readonly Row[], size: number, of: (row: Row) => string): ReadonlyMap<string, Distribution> {
  return new Map(
    rows.map((row) => {
      const parts = JSON.parse(String(row[size])) as readonly (Distribution | null)[];
      const found = parts.filter((part) => part !== null);
      return [of(row), mergeDistributions(found, Infinity)];
    }),
  );
}

function scalar(value: Bound, flag: boolean): Scalar {
  return flag && value !== null ? value === 1 : value;
}

/** Where a column stands in the document, as SQLite's JSON functions want it. */
function pathTo(name: string): string {
  return `$.${JSON.stringify(name)}`;
}

function undeclared(layout: Layout, name: string, flag: string): TypeError {
  return new TypeError(`${layout.model.name}.${name} is not declared with \`${flag}\`.`);
}
