/** Times as other systems write them, read in a time zone. */

const isoForm = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?: ?(Z|[+-]\d\d:?\d\d))?)?$/;

/** What stands for what in a format: Unicode's letters (UTS 35), those of them that dates in files need. */
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

/** @throws RangeError when the name is not one of the IANA time zone database. */
export function checkTimeZone(zone: string): void {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone });
  } catch {
    throw new RangeError(`"${zone}" is not a time zone; expected a name such as UTC or Europe/Bucharest`);
  }
}

/**
 * The instant that a text names. Without a format: ISO 8601, `T` or a blank before the time, the time may be missing (midnight).
 * A text without an offset of its own is taken in `zone`. A local time that occurs twice is the earlier one; one that a clock change
 * left out is counted on from before the change.
 * @throws RangeError when the text does not name an instant.
 */
export function readInstant(text: string, zone: string, format?: string): Date {
  const parts = format === undefined ? isoParts(text) : formatParts(text, format);
  if (!parts) {
    throw new RangeError(`the value is not a time ${format === undefined ? 'such as 2018-02-26 19:58:54' : `of the form ${format}`}`);
  }
  const local = localTime(parts);
  if (parts.offset !== undefined) return new Date(local - parts.offset * 60_000);
  return new Date(zone === 'UTC' ? local : local - offsetBefore(local, zone));
}

/** The calendar day that a text names, as `2018-02-26`. @throws RangeError when it names none. */
export function readDay(text: string, format?: string): string {
  const parts = format === undefined ? isoParts(text) : formatParts(text, format);
  if (!parts) throw new RangeError(`the value is not a day ${format === undefined ? 'such as 2018-02-26' : `of the form ${format}`}`);
  return new Date(localTime(parts)).toISOString().slice(0, 10);
}

/** The calendar day of an instant in a time zone. */
export function dayOf(instant: Date, zone: string): string {
  return new Date(instant.getTime() + offsetAt(instant.getTime(), zone)).toISOString().slice(0, 10);
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

/** @throws RangeError when the format has a letter that means nothing, or no year, month and day. */
export function compileFormat(format: string): { readonly pattern: RegExp; readonly parts: readonly Part[] } {
  const parts: Part[] = [];
  const pattern = format.replace(/([A-Za-z])\1*|[^A-Za-z]/g, (run, letter: string | undefined) => {
    if (letter === undefined) return run.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&');
    const known = letters[run];
    if (!known) throw new RangeError(`"${run}" in the format "${format}" has no meaning; there are ${Object.keys(letters).join(', ')}`);
    parts.push(known[0]);
    return `(${known[1]})`;
  });
  for (const part of ['year', 'month', 'day'] as const) {
    if (!parts.includes(part)) throw new RangeError(`The format "${format}" has no ${part}`);
  }
  return { pattern: new RegExp(`^${pattern}$`), parts };
}

/** As milliseconds of UTC, though it is local. */
function localTime(parts: Parts): number {
  const year = Number(parts.year);
  const month = Number(parts.month) - 1;
  const day = Number(parts.day);
  let hour = Number(parts.hour ?? 0);
  if (parts.half !== undefined) hour = (hour % 12) + (/^p/i.test(parts.half) ? 12 : 0);
  const minute = Number(parts.minute ?? 0);
  const second = Number(parts.second ?? 0);
  const time = Date.UTC(year, month, day, hour, minute, second, Number(parts.milli ?? 0));
  const back = new Date(time);
  if (back.getUTCMonth() !== month || back.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) {
    throw new RangeError('the value is not in the calendar');
  }
  return time;
}

/** The offset that makes a local time an instant, in milliseconds. */
function offsetBefore(local: number, zone: string): number {
  const before = offsetAt(local - 86_400_000, zone);
  const after = offsetAt(local + 86_400_000, zone);
  return offsetAt(local - before, zone) === before ? before : offsetAt(local - after, zone) === after ? after : before;
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** How far a zone's clocks are ahead of UTC at an instant, in milliseconds. */
function offsetAt(instant: number, zone: string): number {
  if (zone === 'UTC') return 0;
  let clock = clocks.get(zone);
  if (!clock) {
    const digits = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' } as const;
    clocks.set(zone, (clock = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', ...digits })));
  }
  const shown = Object.fromEntries(clock.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = shown;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instant / 1000) * 1000;
}
