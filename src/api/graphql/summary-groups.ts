/** Groups of a summary: read from the store, put in order, and several taken together. */
import type { Addition } from '../../../contracts/fields/kind.js';
import { emptyDistribution, mergeDistributions, type Distribution } from '../../kernel/distribution.js';
import { merge, type MoneyByCurrency } from '../../kernel/money.js';
import type { ColumnSpec } from '../../kernel/read-model.js';
import type { Served } from '../../views/port/builds.js';
import type { ViewReader } from '../../views/port/store.js';
import type { Cuts, Selection, SummaryGroup } from '../../views/port/query.js';
import { badInput } from './errors.js';
import { coarseBounds, MOST_BOUNDS, periodsOf, type CutColumn, type Periods } from './periods.js';

export interface Grouping extends Selection {
  /** Columns as they stand. */
  readonly columns: readonly string[];
  readonly cuts: readonly CutColumn[];
  readonly measures: readonly string[];
  readonly timeZone: string;
}

/** While others write, a date may appear where there was none when it was looked. */
const TRIES = 3;

/**
 * The groups that there are; of a column that is cut each has the first day of the period.
 * @throws GraphQLError when dates are too far apart for the unit, or lie before the year 2 or after 9981
 */
export async function groupsOf(views: ViewReader, build: Served, grouping: Grouping): Promise<readonly SummaryGroup[]> {
  const { columns, cuts, measures, timeZone, ...selection } = grouping;
  if (cuts.length === 0) return views.summarise(build, { ...selection, groupBy: columns, measures });
  const groupBy = [...columns, ...cuts.map(({ name }) => name)];
  for (let tries = 0; tries < TRIES; tries += 1) {
    const periods = await occupied(views, build, selection, cuts, timeZone);
    const groups = await views.summarise(build, { ...selection, groupBy, measures, cuts: boundsOf(periods) });
    const named = groups.map((group) => withDays(group, periods));
    if (!named.includes(undefined)) return named.filter((group) => group !== undefined);
  }
  throw badInput('BAD_USER_INPUT', 'groupBy', 'Only dates from the year 2 to 9981 can be grouped by periods. Filter others out.');
}

async function occupied(
  views: ViewReader,
  build: Served,
  selection: Selection,
  cuts: readonly CutColumn[],
  timeZone: string,
): Promise<ReadonlyMap<string, Periods>> {
  const names = cuts.map(({ name }) => name);
  const coarse = Object.fromEntries(cuts.map((cut) => [cut.name, coarseBounds(cut)]));
  const found = await views.summarise(build, { ...selection, groupBy: names, measures: [], cuts: coarse });
  const periods = new Map<string, Periods>();
  let count = 0;
  for (const cut of cuts) {
    const stretches = new Set(found.flatMap(({ by }) => (typeof by[cut.name] === 'number' ? [Number(by[cut.name])] : [])));
    const made = periodsOf(cut, stretches, timeZone);
    count += made?.bounds.length ?? Infinity;
    if (!made || count > MOST_BOUNDS) {
      const why = `${cut.name} spans more than ${MOST_BOUNDS} periods of a ${cut.unit}`;
      throw badInput('TOO_MANY_GROUPS', 'groupBy', `${why}. Filter, or group by longer periods.`);
    }
    periods.set(cut.name, made);
  }
  return periods;
}

function boundsOf(periods: ReadonlyMap<string, Periods>): Cuts {
  return Object.fromEntries([...periods].map(([name, { bounds }]) => [name, bounds]));
}

/** The group by days instead of stretches; undefined when it lies in no period that was looked for. */
function withDays(group: SummaryGroup, periods: ReadonlyMap<string, Periods>): SummaryGroup | undefined {
  const by = { ...group.by };
  for (const [name, { days }] of periods) {
    const stretch = by[name];
    if (stretch === null || stretch === undefined) continue;
    const day = days[Number(stretch) - 1];
    if (day === undefined) return undefined;
    by[name] = day;
  }
  return { ...group, by };
}

/** All of these groups as one, grouped by nothing. @throws RangeError when a sum is beyond what is exact */
export function together(groups: readonly SummaryGroup[], measures: readonly ColumnSpec[]): SummaryGroup {
  return {
    by: {},
    count: groups.reduce((sum, { count }) => sum + count, 0),
    measures: Object.fromEntries(
      measures.map(({ name, kind }) => [
        name,
        added(
          kind.added,
          groups.map((group) => group.measures[name] ?? null).filter((value) => value !== null),
        ),
      ]),
    ),
  };
}

type Measured = Exclude<SummaryGroup['measures'][string], null>;

function added(kind: Addition | undefined, values: readonly Measured[]): SummaryGroup['measures'][string] {
  if (kind === 'distribution') {
    return values.length > 0 ? mergeDistributions(values as readonly Distribution[], Infinity) : emptyDistribution;
  }
  if (kind === 'money' || kind === 'moneyByCurrency') return (values as readonly MoneyByCurrency[]).reduce<MoneyByCurrency>(merge, {});
  if (values.length === 0) return null;
  const sum = (values as readonly number[]).reduce((total, value) => total + value, 0);
  if (kind === 'int' && !Number.isSafeInteger(sum)) throw new RangeError('A sum exceeds what is exact: 2^53 - 1.');
  return sum;
}
