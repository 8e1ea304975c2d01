/** Summaries from the rows of their statements: checks that sums are exact, and merges sketches. */
import { emptyDistribution, mergeDistributions, type Distribution } from '../../kernel/distribution.js';
import type { MoneyByCurrency } from '../../kernel/money.js';
import type { Database } from '../../sqlite/database.js';
import { inexactSum } from '../shared/inexact-sum.js';
import type { Scalar, SummaryGroup } from '../port/query.js';
import type { Bound, Sql } from './sql.js';
import type { PlannedMeasure, SummaryPlan } from './summary-plan.js';

type Row = readonly Bound[];

/** @throws RangeError when a sum exceeds 2^53 - 1, where integers are no longer exact. */
export function readSummary(database: Database, plan: SummaryPlan): readonly SummaryGroup[] {
  const size = plan.groupBy.length;
  const groupOf = (row: Row) => JSON.stringify(row.slice(0, size));
  return database.snapshot(() => {
    const rows = ({ text, values }: Sql) => within64Bits(() => database.prepare<Row>(text, { arrays: true }).all(...values));
    const merged = plan.measures.map((measure) => {
      if (measure.kind === 'number') return undefined;
      return measure.kind === 'money' ? moneys(rows(measure.query), size, groupOf) : sketches(rows(measure.query), size, groupOf);
    });
    return rows(plan.query).map((row) => summed(plan, row, (index) => merged[index]?.get(groupOf(row))));
  });
}

/** The summary of no documents: no groups, or one with a count of 0. */
export function emptySummary(plan: SummaryPlan): readonly SummaryGroup[] {
  return plan.groupBy.length > 0 ? [] : [summed(plan, [0], () => undefined)];
}

/** @param merged what the measure at an index came to in this group */
function summed(
  { groupBy, measures }: SummaryPlan,
  row: Row,
  merged: (index: number) => MoneyByCurrency | Distribution | undefined,
): SummaryGroup {
  const [count, ...sums] = row.slice(groupBy.length);
  const numbers = sums.values();
  const valueOf = ({ kind }: PlannedMeasure, index: number): SummaryGroup['measures'][string] => {
    if (kind !== 'number') return merged(index) ?? (kind === 'money' ? {} : emptyDistribution);
    const sum = numbers.next().value ?? null;
    return typeof sum === 'string' ? exact(sum) : sum;
  };
  return {
    by: Object.fromEntries(groupBy.map(({ name, flag }, index) => [name, scalar(row[index] ?? null, flag)])),
    count: Number(count),
    measures: Object.fromEntries(measures.map((measure, index) => [measure.name, valueOf(measure, index)])),
  };
}

function moneys(rows: readonly Row[], size: number, groupOf: (row: Row) => string): ReadonlyMap<string, MoneyByCurrency> {
  const sums = new Map<string, Record<string, number>>();
  for (const row of rows) {
    const [currency, text] = row.slice(size);
    const amount = text === null ? 0 : exact(String(text));
    // As elsewhere, currencies with a sum of 0 are omitted.
    if (typeof currency === 'string' && amount !== 0) sums.set(groupOf(row), { ...sums.get(groupOf(row)), [currency]: amount });
  }
  return sums;
}

function sketches(rows: readonly Row[], size: number, groupOf: (row: Row) => string): ReadonlyMap<string, Distribution> {
  return new Map(
    rows.map((row) => {
      const parts = JSON.parse(String(row[size])) as readonly (Distribution | null)[];
      const present = parts.filter((part) => part !== null);
      return [groupOf(row), mergeDistributions(present, Infinity)];
    }),
  );
}

function scalar(value: Bound, flag: boolean): Scalar {
  return flag && value !== null ? value === 1 : value;
}

function exact(text: string): number {
  const sum = Number(text);
  if (!Number.isSafeInteger(sum)) throw inexactSum();
  return sum;
}

function within64Bits<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if ((error as { readonly message?: unknown }).message === 'integer overflow') throw inexactSum(error);
    throw error;
  }
}
