/**
 * Summaries: the server aggregates where it can, with sums of money separated by currency. Measures that are only in the JSON (sums by currency,
 * sketches) are aggregated here from the documents. Both give partial results, which are merged.
 */
import type { Decimal128, Document as Bson } from 'mongodb';
import { emptyDistribution, mergeDistributions, type Distribution } from '../../kernel/distribution.js';
import type { MoneyByCurrency } from '../../kernel/money.js';
import type { Document } from '../../kernel/projection.js';
import { dimensionColumn, undeclared } from '../shared/columns.js';
import { inexactSum } from '../shared/inexact-sum.js';
import type { Cuts, Scalar, SummaryGroup, SummaryQuery } from '../port/query.js';
import { stretchExpression, stretchOf } from './cut.js';
import type { Layout, StoredColumn } from './layout.js';

type Measure =
  | { readonly name: string; readonly kind: 'int' | 'decimal' | 'money'; readonly column: StoredColumn }
  | { readonly name: string; readonly kind: 'moneyByCurrency' | 'distribution' };

export interface SummaryPlan {
  readonly dimensions: readonly StoredColumn[];
  readonly cuts: Cuts;
  readonly measures: readonly Measure[];
  /** Whether the server adds it up. */
  readonly onServer: boolean;
}

/** What some documents come to: of one group, and of one currency in each measure of money. */
interface Part {
  readonly by: readonly Scalar[];
  readonly count: number;
  /** In the order of the measures. */
  readonly sums: readonly Sum[];
}

type Sum =
  | { readonly kind: 'number'; readonly value: bigint | number | null }
  | { readonly kind: 'moneyByCurrency'; readonly amounts: readonly (readonly [currency: string, amount: bigint])[] }
  | { readonly kind: 'distributions'; readonly parts: readonly Distribution[] };

/** @throws TypeError when a column is no dimension or no measure. */
export function summaryPlan(
  layout: Layout,
  { groupBy, measures, cuts = {} }: Pick<SummaryQuery, 'groupBy' | 'measures' | 'cuts'>,
): SummaryPlan {
  const planned = measures.map((name) => measureOf(layout, name));
  return {
    dimensions: groupBy.map((name) => dimensionColumn(layout.model, layout.columns, name, cuts)),
    cuts,
    measures: planned,
    onServer: planned.every(({ kind }) => kind !== 'moneyByCurrency' && kind !== 'distribution'),
  };
}

function measureOf(layout: Layout, name: string): Measure {
  const added = layout.model.columns.find((column) => column.name === name && column.measure)?.kind.added;
  if (added === 'moneyByCurrency' || added === 'distribution') return { name, kind: added };
  const column = layout.columns.get(name);
  if (!added || !column) throw undeclared(layout.model, name, 'measure');
  const { kind } = column;
  if (kind !== 'int' && kind !== 'decimal' && kind !== 'money') throw undeclared(layout.model, name, 'measure');
  return { name, kind, column };
}

/**
 * The aggregation stages after `$match`. Integers are added as decimals of 34 digits, since their sum may exceed 64 bits. Values are also counted,
 * since the server's sum of no values is 0.
 * @param by expressions to group by besides
 */
export function groupStages({ dimensions, measures, cuts }: SummaryPlan, by: Bson): readonly Bson[] {
  const id: Bson = { ...by };
  const sums: Record<string, Bson> = {};
  for (const [index, { value, spec }] of dimensions.entries()) {
    const bounds = cuts[spec.name];
    id[`g${index}`] = bounds ? stretchExpression(value, bounds) : `$${value}`;
  }
  for (const [index, measure] of measures.entries()) {
    if (!('column' in measure)) continue;
    const { value, currency } = measure.column;
    if (currency !== undefined) id[`c${index}`] = `$${currency}`;
    sums[`s${index}`] = { $sum: measure.kind === 'decimal' ? `$${value}` : { $toDecimal: `$${value}` } };
    sums[`k${index}`] = { $sum: { $cond: [{ $isNumber: `$${value}` }, 1, 0] } };
  }
  return [{ $group: { _id: Object.keys(id).length > 0 ? id : null, n: { $sum: 1 }, ...sums } }];
}

/** What a row of `groupStages` says. */
export function partOfGroup({ dimensions, measures }: SummaryPlan, row: Bson): Part {
  const id = (row._id ?? {}) as Bson;
  return {
    by: dimensions.map((column, index) => scalar(column, id[`g${index}`])),
    count: Number(row.n),
    sums: measures.map((measure, index): Sum => {
      const sum: unknown = row[`k${index}`] === 0 ? null : row[`s${index}`];
      if (measure.kind === 'decimal') return { kind: 'number', value: sum === null ? null : Number(sum) };
      const exact = sum === null ? null : BigInt((sum as Decimal128).toString());
      return measure.kind === 'money' ? moneyOf(id[`c${index}`], exact) : { kind: 'number', value: exact };
    }),
  };
}

/** What a part needs of a document. */
export function projectionOf({ dimensions, measures, onServer }: SummaryPlan): Readonly<Record<string, 1>> {
  const columns = [...dimensions, ...measures.flatMap((measure) => ('column' in measure ? [measure.column] : []))];
  const paths = columns.flatMap(({ value, currency }) => (currency === undefined ? [value] : [value, currency]));
  return Object.fromEntries([...paths, ...(onServer ? [] : ['doc'])].map((path) => [path, 1] as const));
}

/** What one document says. */
export function partOfDocument({ dimensions, measures, onServer, cuts }: SummaryPlan, row: Bson): Part {
  const document = onServer ? {} : (JSON.parse(String(row.doc)) as Document);
  const values = (row.v ?? {}) as Bson;
  const currencies = (row.u ?? {}) as Bson;
  return {
    by: dimensions.map((column) => {
      const value: unknown = values[column.spec.name];
      const bounds = cuts[column.spec.name];
      return bounds ? stretchOf(value, bounds) : scalar(column, value);
    }),
    count: 1,
    sums: measures.map(({ name, kind }): Sum => {
      if (kind === 'distribution') return { kind: 'distributions', parts: present(document[name] as Distribution | null | undefined) };
      if (kind === 'moneyByCurrency') {
        const amounts = Object.entries((document[name] ?? {}) as MoneyByCurrency).map(
          ([currency, amount]) => [currency, BigInt(amount)] as const,
        );
        return { kind: 'moneyByCurrency', amounts };
      }
      const value = (values[name] ?? null) as number | null;
      if (kind === 'decimal') return { kind: 'number', value };
      const exact = value === null ? null : BigInt(value);
      return kind === 'money' ? moneyOf(currencies[name], exact) : { kind: 'number', value: exact };
    }),
  };
}

function present<T>(value: T | null | undefined): readonly T[] {
  return value === null || value === undefined ? [] : [value];
}

function moneyOf(currency: unknown, amount: bigint | null): Sum {
  return { kind: 'moneyByCurrency', amounts: typeof currency === 'string' ? [[currency, amount ?? 0n]] : [] };
}

function scalar({ kind }: StoredColumn, value: unknown): Scalar {
  if (kind === 'boolean' && value !== null) return value === 1;
  return (value ?? null) as Scalar;
}

/** Parts put together by group; one group of nothing when grouped by nothing. @throws RangeError when a sum exceeds 2^53 - 1. */
export function groupsOf({ dimensions, measures }: SummaryPlan, parts: readonly Part[]): readonly SummaryGroup[] {
  const groups = new Map<string, Part[]>(dimensions.length === 0 ? [['[]', []]] : []);
  for (const part of parts) {
    const group = JSON.stringify(part.by);
    const before = groups.get(group);
    if (before) before.push(part);
    else groups.set(group, [part]);
  }
  return [...groups.values()].map((group) => ({
    by: Object.fromEntries(dimensions.map(({ spec }, index) => [spec.name, group[0]?.by[index] ?? null])),
    count: group.reduce((count, part) => count + part.count, 0),
    measures: Object.fromEntries(
      measures.map(({ name, kind }, index) => [
        name,
        total(
          kind,
          group.flatMap((part) => part.sums[index] ?? []),
        ),
      ]),
    ),
  }));
}

function total(kind: Measure['kind'], sums: readonly Sum[]): SummaryGroup['measures'][string] {
  if (kind === 'distribution') {
    const parts = sums.flatMap((sum) => (sum.kind === 'distributions' ? sum.parts : []));
    return parts.length > 0 ? mergeDistributions(parts, Infinity) : emptyDistribution;
  }
  if (kind === 'money' || kind === 'moneyByCurrency') {
    return moneys(sums.flatMap((sum) => (sum.kind === 'moneyByCurrency' ? sum.amounts : [])));
  }
  const values = sums.flatMap((sum) => (sum.kind === 'number' && sum.value !== null ? [sum.value] : []));
  if (values.length === 0) return null;
  if (kind === 'int') return exact(values.reduce<bigint>((sum, value) => sum + BigInt(value), 0n));
  return values.reduce<number>((sum, value) => sum + Number(value), 0);
}

/** As elsewhere, a currency in which everything comes to nothing is left out. */
function moneys(amounts: readonly (readonly [currency: string, amount: bigint])[]): MoneyByCurrency {
  const sums = new Map<string, bigint>();
  for (const [currency, amount] of amounts) sums.set(currency, (sums.get(currency) ?? 0n) + amount);
  return Object.fromEntries([...sums].filter(([, sum]) => sum !== 0n).map(([currency, sum]) => [currency, exact(sum)]));
}

function exact(sum: bigint): number {
  const value = Number(sum);
  if (Number.isSafeInteger(value)) return value;
  throw inexactSum();
}
