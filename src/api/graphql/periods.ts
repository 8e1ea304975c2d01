/**
 * Groups by calendar periods. The store counts into stretches between bounds: first into coarse ones, which say when there is anything at
 * all, then into the periods of those times. So the bounds are exact in any time zone, and few, however far apart the dates are.
 */
import type { Cut } from '../../../contracts/fields/kind.js';
import { shifted } from '../../kernel/calendar.js';
import { periodAfter, periodOf, type PeriodUnit } from '../../kernel/period.js';
import { startOfDay } from '../../kernel/time-zone.js';

/** The most bounds of one summary. */
export const MOST_BOUNDS = 10_000;

/** A column that is cut. */
export interface CutColumn {
  readonly name: string;
  readonly kind: Cut;
  readonly unit: PeriodUnit;
}

/** Bounds, with the first day of the period that begins at each; undefined where none does that is of interest. */
export interface Periods {
  readonly bounds: readonly string[];
  readonly days: readonly (string | undefined)[];
}

/** Years one by one where most dates are, decades elsewhere. The first and the last lie beyond all dates that are counted. */
const coarseDays: readonly string[] = [
  ...Array.from({ length: 195 }, (_, index) => 2 + 10 * index),
  ...Array.from({ length: 208 }, (_, index) => 1950 + index),
  ...Array.from({ length: 783 }, (_, index) => 2162 + 10 * index),
].map((year) => `${String(year).padStart(4, '0')}-01-01`);

/** The coarse bounds of a column. */
export function coarseBounds({ kind }: Pick<CutColumn, 'kind'>): readonly string[] {
  return kind === 'day' ? coarseDays : coarseDays.map((day) => `${day}T00:00:00.000Z`);
}

/**
 * The periods of the times in which there is anything.
 * @param stretches the coarse stretches that hold a value, as the store counts them
 * @param timeZone in which instants are cut; days have no zone
 * @returns undefined when there are too many
 */
export function periodsOf({ kind, unit }: CutColumn, stretches: ReadonlySet<number>, timeZone: string): Periods | undefined {
  const starts = new Map<string, boolean>();
  for (const stretch of stretches) {
    const [from, to] = [coarseDays[stretch - 1], coarseDays[stretch]];
    if (from === undefined || to === undefined) continue;
    // Clocks are at most a day off UTC, in which coarse bounds are.
    const end = shifted(to, 1);
    let day = periodOf(shifted(from, -1), unit);
    for (; day <= end; day = periodAfter(day, unit)) {
      starts.set(day, true);
      if (starts.size > MOST_BOUNDS) return undefined;
    }
    if (!starts.has(day)) starts.set(day, false);
  }
  const bounds = new Map<string, string | undefined>();
  for (const [day, counts] of [...starts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    // A day that a zone left out begins when the next one does, which takes its place.
    bounds.set(kind === 'day' ? day : new Date(startOfDay(day, timeZone)).toISOString(), counts ? day : undefined);
  }
  return { bounds: [...bounds.keys()], days: [...bounds.values()] };
}
