/** Calculations with calendar days (`2018-02-26`) and instants (`2018-02-26T19:58:54.000Z`). */

const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** The latest calendar day in any time zone at an instant: clocks are at most 14 hours ahead of UTC. */
export function latestDay(instant: string): string {
  return new Date(Date.parse(instant) + 14 * HOUR_MS).toISOString().slice(0, 10);
}

/** The days from one instant to another, with fractions; negative when the second is earlier. */
export function daysBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / DAY_MS;
}

/** A day so many days later. */
export function shifted(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00.000Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** The month of an instant in UTC, `2018-02`. */
export function monthOf(instant: string): string {
  return instant.slice(0, 7);
}
