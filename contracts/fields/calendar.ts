/** Parsing of days and instants. */

/** Whether the text is a valid day: not 30 February. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  return isInstant(`${text}T00:00:00.000Z`);
}

/** Whether the text is an instant in UTC with milliseconds, on a valid day of a year with four digits. */
export function isInstant(text: string): boolean {
  // With an offset, the first and the last hours of those years lie beyond them.
  if (!/^\d{4}-/.test(text)) return false;
  const parsed = new Date(text);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString() === text;
}

const withZone = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/;

/** Converts ISO 8601 with a time zone offset to UTC with milliseconds. Anything else is returned unchanged, for validation to refuse. */
export function toInstant(value: unknown): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'not a date' : value.toISOString();
  if (typeof value !== 'string' || !withZone.test(value) || !isDay(value.slice(0, 10))) return value;
  const parsed = new Date(value);
  return Number.isNaN(parsed.getTime()) ? value : parsed.toISOString();
}
