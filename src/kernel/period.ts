/** Calendar periods that figures are grouped by. A period is named by its first day, such as `2018-02-26`. */
import { shifted } from './calendar.js';

export const periodUnits = ['day', 'week', 'month', 'quarter', 'year'] as const;

/** Weeks begin on Monday, as those of ISO 8601 do. */
export type PeriodUnit = (typeof periodUnits)[number];

/** The first day of the period that a day is in. */
export function periodOf(day: string, unit: PeriodUnit): string {
  const [year = '', month = ''] = day.split('-');
  switch (unit) {
    case 'day':
      return day;
    case 'week':
      return shifted(day, -((new Date(`${day}T00:00:00.000Z`).getUTCDay() + 6) % 7));
    case 'month':
      return `${year}-${month}-01`;
    case 'quarter':
      return `${year}-${String(Number(month) - ((Number(month) - 1) % 3)).padStart(2, '0')}-01`;
    case 'year':
      return `${year}-01-01`;
  }
}

/** The first day of the period after the one that begins on a day. */
export function periodAfter(start: string, unit: PeriodUnit): string {
  const longest = { day: 1, week: 7, month: 31, quarter: 92, year: 366 }[unit];
  return periodOf(shifted(start, longest), unit);
}
