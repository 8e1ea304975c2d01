/** Times as other systems write them, read in a time zone. */
import { dayIn, isTimeZone, localOffset } from '../kernel/time-zone.js';

const isoForm = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?: ?(Z|[+-]\d\d:?\d\d))?)?$/;

/** The letters of a format, as in Unicode (UTS 35): those that dates in files need. */
const letters: Readonly<Record<string, readonly [part: Part, pattern: string]>> = {
  yyyy: ['year', '\\d{4}'],
  MM: ['month', '\\d\\d'],
  M: ['month', '\\d\\d?'],
  dd: ['day', '\\d\\d'],
  d: ['day', '\\d\\d?'],
  HH: ['hour', '\\d\\d'],
  H: ['hour', '\\d\\d?'],
  hh: ['hour', '\\d\\d'],
  h: ['hour', '\\d\\d?'],
  mm: ['minute', '\\d\\d'],
  ss: ['second', '\\d\\d'],
  SSS: ['milli', '\\d{3}'],
  a: ['half', '[AaPp]\\.?[Mm]\\.?'],
};

type Part = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'milli' | 'half';
type Parts = Partial<Record<Part, string>>;

/** @throws RangeError when the name is not in the IANA time zone database */
export function checkTimeZone(zone: string): void {
  if (!isTimeZone(zone)) throw new RangeError(`"${zone}" is not a time zone; expected a name such as UTC or Europe/Bucharest`);
}

/**
 * Parses an instant. Without a format: ISO 8601, with `T` or a space before the time; without a time, midnight.
 * A text without an offset is in `zone`. Of a local time that occurs twice, the earlier one is taken; a local time that a clock change
 * skips uses the offset from before the change.
 * @throws RangeError when the text is not an instant
 */
export function readInstant(text: string, zone: string, format?: string): Date {
  const parts = format === undefined ? isoParts(text) : formatParts(text, format);
  if (!parts) {
    throw new RangeError(`the value is not a time ${format === undefined ? 'such as 2018-02-26 19:58:54' : `of the form ${format}`}`);
  }
  const local = localTime(parts);
  if (parts.offset !== undefined) return new Date(local - parts.offset * 60_000);
  return new Date(zone === 'UTC' ? local : local - localOffset(local, zone));
}

/** Parses a calendar day. @returns such as `2018-02-26`. @throws RangeError when the text is not a day */
export function readDay(text: string, format?: string): string {
  const parts = format === undefined ? isoParts(text) : formatParts(text, format);
  if (!parts) throw new RangeError(`the value is not a day ${format === undefined ? 'such as 2018-02-26' : `of the form ${format}`}`);
  return new Date(localTime(parts)).toISOString().slice(0, 10);
}

/** The calendar day of an instant in a time zone. */
export function dayOf(instant: Date, zone: string): string {
  return dayIn(instant.getTime(), zone);
}

function isoParts(text: string): (Parts & { offset?: number }) | undefined {
  const match = isoForm.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, fraction, offset] = match;
  const parts = { year, month, day, hour, minute, second, milli: fraction?.padEnd(3, '0').slice(0, 3) } as Parts;
  if (offset === undefined) return parts;
  if (offset === 'Z') return { ...parts, offset: 0 };
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(-2));
  return { ...parts, offset: offset.startsWith('-') ? -minutes : minutes };
}

const formats = new Map<string, { readonly pattern: RegExp; readonly parts: readonly Part[] }>();

function formatParts(text: string, format: string): (Parts & { offset?: number }) | undefined {
  let compiled = formats.get(format);
  if (!compiled) formats.set(format, (compiled = compileFormat(format)));
  const match = compiled.pattern.exec(text);
  return match ? Object.fromEntries(compiled.parts.map((part, index) => [part, match[index + 1]])) : undefined;
}

/** @throws RangeError when the format has an unknown letter, or lacks year, month or day */
export function compileFormat(format: string): { readonly pattern: RegExp; readonly parts: readonly Part[] } {
  const parts: Part[] = [];
  const pattern = format.replace(/([A-Za-z])\1*|[^A-Za-z]/g, (run, letter: string | undefined) => {
    if (letter === undefined) return run.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&');
    const known = letters[run];
    if (!known) throw new RangeError(`"${run}" in the format "${format}" is unknown; known are ${Object.keys(letters).join(', ')}`);
    parts.push(known[0]);
    return `(${known[1]})`;
  });
  for (const part of ['year', 'month', 'day'] as const) {
    if (!parts.includes(part)) throw new RangeError(`The format "${format}" has no ${part}`);
  }
  return { pattern: new RegExp(`^${pattern}$`), parts };
}

/** A local time in milliseconds, as if it were UTC. */
function localTime(parts: Parts): number {
  const year = Number(parts.year);
  const month = Number(parts.month) - 1;
  const day = Number(parts.day);
  let hour = Number(parts.hour ?? 0);
  if (parts.half !== undefined) hour = (hour % 12) + (/^p/i.test(parts.half) ? 12 : 0);
  const minute = Number(parts.minute ?? 0);
  const second = Number(parts.second ?? 0);
  const back = new Date(0);
  // Date.UTC would take the years before 100 for those of the 20th century.
  back.setUTCFullYear(year, month, day);
  back.setUTCHours(hour, minute, second, Number(parts.milli ?? 0));
  if (back.getUTCMonth() !== month || back.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) {
    throw new RangeError('the value is not a valid date or time');
  }
  return back.getTime();
}
