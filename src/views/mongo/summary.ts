/**
 * Summaries: added up by the server where it can, with what it adds up per currency told apart; sums by currency and sketches, which lie
 * in the documents, from the documents one by one. Both come to parts, which are merged here.
 */
import type { Decimal128, Document as Bson } from 'mongodb';
import { emptyDistribution, mergeDistributions, type Distribution } from '../../kernel/distribution.js';
import type { Moneys } from '../../kernel/money.js';
import type { Document } from '../../kernel/projection.js';
import { dimensionColumn, undeclared } from '../columns.js';
import { inexactSum } from '../errors.js';
import type { Scalar, SummaryGroup, SummaryQuery } from '../query.js';
import type { Layout, StoredColumn } from './layout.js';

type Measure =
  | { readonly name: string; readonly kind: 'int' | 'decimal' | 'money'; readonly column: StoredColumn }
  | { readonly name: string; readonly kind: 'moneys' | 'distribution' };

export interface SummaryPlan {
  readonly dimensions: readonly StoredColumn[];
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
  | { readonly kind: 'moneys'; readonly amounts: readonly (readonly [currency: string, amount: bigint])[] }
  | { readonly kind: 'distributions'; readonly parts: readonly Distribution[] };

/** @throws TypeError when a column is no dimension or no measure. */
export function summaryPlan(layout: Layout, { groupBy, measures }: Pick<SummaryQuery, 'groupBy' | 'measures'>): SummaryPlan {
  const planned = measures.map((name) => measureOf(layout, name));
  return {
    dimensions: groupBy.map((name) => dimensionColumn(layout.model, layout.columns, name)),
    measures: planned,
    onServer: planned.every(({ kind }) => kind !== 'moneys' && kind !== 'distribution'),
  };
}

function measureOf(layout: Layout, name: string): Measure {
  const type = layout.model.columns.find((column) => column.name === name && column.measure)?.type;
  if (type?.kind === 'moneys' || type?.kind === 'distribution') return { name, kind: type.kind };
  const column = layout.columns.get(name);
  if (!type || !column) throw undeclared(layout.model, name, 'measure');
  const { kind } = column;
  if (kind !== 'int' && kind !== 'decimal' && kind !== 'money') throw undeclared(layout.model, name, 'measure');
  return { name, kind, column };
}

/**
 * The stages after `$match` that add up. Integers are added as decimals of 34 digits, since sums of 64-bit integers may leave those.
 * Counted beside, since a sum of nothing is 0 to the server.
 * @param by expressions to group by besides
 */
export function groupStages({ dimensions, measures }: SummaryPlan, by: Bson): readonly Bson[] {
  const id: Bson = { ...by };
  const sums: Record<string, Bson> = {};
  for (const [index, { value }] of dimensions.entries()) id[`g${index}`] = `$${value}`;
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
export function partOfDocument({ dimensions, measures, onServer }: SummaryPlan, row: Bson): Part {
  const document = onServer ? {} : (JSON.parse(String(row.doc)) as Document);
  const values = (row.v ?? {}) as Bson;
  const currencies = (row.u ?? {}) as Bson;
  return {
    by: dimensions.map((column) => scalar(column, values[column.spec.name])),
    count: 1,
    sums: measures.map(({ name, kind }): Sum => {
      if (kind === 'distribution') return { kind: 'distributions', parts: present(document[name] as Distribution | null | undefined) };
      if (kind === 'moneys') {
        const amounts = Object.entries((document[name] ?? {}) as Moneys).map(([currency, amount]) => [currency, BigInt(amount)] as const);
        return { kind: 'moneys', amounts };
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
  return { kind: 'moneys', amounts: typeof currency === 'string' ? [[currency, amount ?? 0n]] : [] };
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
  if (kind === 'money' || kind === 'moneys') return moneys(sums.flatMap((sum) => (sum.kind === 'moneys' ? sum.amounts : [])));
  const values = sums.flatMap((sum) => (sum.kind === 'number' && sum.value !== null ? [sum.value] : []));
  if (values.length === 0) return null;
  if (kind === 'int') return exact(values.reduce<bigint>((sum, value) => sum + BigInt(value), 0n));
  return values.reduce<number>((sum, value) => sum + Number(value), 0);
}

/** As elsewhere, a currency in which everything comes to nothing is left out. */
function moneys(amounts: readonly (readonly [currency: string, amount: bigint])[]): Moneys {
  const sums = new Map<string, bigint>();
  for (const [currency, amount] of amounts) sums.set(currency, (sums.get(currency) ?? 0n) + amount);
  return Object.fromEntries([...sums].filter(([, sum]) => sum !== 0n).map(([currency, sum]) => [currency, exact(sum)]));
}

function exact(sum: bigint): number {
  const value = Number(sum);
  if (Number.isSafeInteger(value)) return value;
  throw inexactSum();
}
