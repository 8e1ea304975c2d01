/** Calendar days, `2018-02-26`, beside instants, `2018-02-26T19:58:54.000Z`. */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The latest day that it is anywhere on earth at an instant: clocks are at most 14 hours ahead of UTC. */
export function latestDay(instant: string): string {
  return new Date(Date.parse(instant) + 14 * HOUR_MS).toISOString().slice(0, 10);
}

/** The days from one instant to another, with fractions; negative when the second was before the first. */
export function daysBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / DAY_MS;
}

/** The month of an instant in UTC, `2018-02`. */
export function monthOf(instant: string): string {
  return instant.slice(0, 7);
}

/** Whether the text names a day that there is: no 30 February. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  return isInstant(`${text}T00:00:00.000Z`);
}

/** Whether the text is an instant in UTC with milliseconds, on a day that there is. */
export function isInstant(text: string): boolean {
  const parsed = new Date(text);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString() === text;
}
