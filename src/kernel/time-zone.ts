/** Time zones of the IANA database: what their clocks show at an instant, and when their days begin. */
import { DAY_MS } from './calendar.js';

/** Whether the text names a zone, such as `UTC` or `Europe/Bucharest`. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** How far a zone's clocks are ahead of UTC at an instant; both in milliseconds. */
function offsetAt(instant: number, zone: string): number {
  if (zone === 'UTC') return 0;
  let clock = clocks.get(zone);
  if (!clock) {
    const digits = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' } as const;
    clocks.set(zone, (clock = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', ...digits })));
  }
  const shown = Object.fromEntries(clock.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = shown;
  const local = new Date(0);
  // Date.UTC would take the years before 100 for those of the 20th century.
  local.setUTCFullYear(year, month - 1, day);
  local.setUTCHours(hour, minute, second);
  return local.getTime() - Math.floor(instant / 1000) * 1000;
}

/**
 * The offset that makes a local time an instant, in milliseconds. Of a local time that occurs twice it gives the earlier instant; one that a
 * clock change leaves out counts on from before the change.
 * @param local milliseconds since 1970 as the zone's clocks count them
 */
export function localOffset(local: number, zone: string): number {
  const before = offsetAt(local - DAY_MS, zone);
  const after = offsetAt(local + DAY_MS, zone);
  return offsetAt(local - before, zone) === before ? before : offsetAt(local - after, zone) === after ? after : before;
}

/** The calendar day of an instant in a zone, `2018-02-26`. */
export function dayIn(instant: number, zone: string): string {
  return new Date(instant + offsetAt(instant, zone)).toISOString().slice(0, 10);
}

/** The first instant of a calendar day in a zone, in milliseconds since 1970. A day that the zone left out begins when the next one does. */
export function startOfDay(day: string, zone: string): number {
  const local = Date.parse(`${day}T00:00:00.000Z`);
  return local - localOffset(local, zone);
}
