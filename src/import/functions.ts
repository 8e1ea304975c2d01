/** The functions of mappings besides CEL's own. For an empty text each returns an empty value, so that unknown fields are left out. */
import type { Environment } from '@marcbachmann/cel-js';
import { derivedId } from '../kernel/derived-id.js';
import { dayOf, readDay, readInstant } from './local-time.js';
import { isFound, type Row } from './csv-source.js';

const TIME = 'google.protobuf.Timestamp';

/** Registers the functions. Ids are derived from the mapping's name; times without a zone are in `timeZone`. */
export function registerFunctions(
  environment: Environment,
  { name, timeZone }: { readonly name: string; readonly timeZone: string },
): Environment {
  environment
    .registerFunction('found(map<string, string>): bool', (row: Row) => isFound(row))
    .registerFunction('lower(string): string', (text: string) => text.toLowerCase())
    .registerFunction('upper(string): string', (text: string) => text.toUpperCase())
    .registerFunction('trim(string): string', (text: string) => text.trim())
    .registerFunction('replace(string, string, string): string', (text: string, from: string, to: string) => text.replaceAll(from, to))
    .registerFunction('split(string, string): list<string>', splitText)
    .registerFunction('whole(string): int', (text: string) => (text === '' ? null : minorUnits(text, 0)))
    .registerFunction('cents(string): int', (text: string) => (text === '' ? null : minorUnits(text, 2)))
    .registerFunction('minor(string, int): int', (text: string, digits: bigint) => (text === '' ? null : minorUnits(text, Number(digits))))
    .registerFunction(`instant(string): ${TIME}`, (text: string) => (text === '' ? null : readInstant(text, timeZone)))
    .registerFunction(`instant(string, string): ${TIME}`, (text: string, format: string) =>
      text === '' ? null : readInstant(text, timeZone, format),
    )
    .registerFunction('day(string): string', (text: string) => (text === '' ? '' : readDay(text)))
    .registerFunction('day(string, string): string', (text: string, format: string) => (text === '' ? '' : readDay(text, format)))
    .registerFunction(`day(${TIME}): string`, (instant: Date | null) => (instant === null ? '' : dayOf(instant, timeZone)));
  for (const count of [1, 2, 3, 4]) {
    const strings = Array.from({ length: count }, () => 'string').join(', ');
    environment.registerFunction(`uuid(${strings}): string`, (...parts: string[]) => derivedId(...parts));
    if (count > 1) environment.registerFunction(`id(${strings}): string`, (...parts: string[]) => recordId(name, ...parts));
  }
  return environment;
}

/** The id of a record that a mapping imports. The kind distinguishes records with the same key. */
export function recordId(mapping: string, ...kindAndKey: readonly string[]): string {
  return derivedId('import', mapping, 'record', ...kindAndKey);
}

function splitText(text: string, separator: string): string[] {
  return text
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/**
 * A decimal number in minor units: `minorUnits('12.5', 2)` is 1250n.
 * @throws RangeError when the text is not a number or has too many decimals
 */
function minorUnits(text: string, digits: number): bigint {
  const match = /^([+-]?)(\d+)(?:\.(\d*))?$/.exec(text.trim());
  if (!match) throw new RangeError('the value is not a number such as 1234.50; remove other characters with replace(text, from, to)');
  const [, sign, units = '', fraction = ''] = match;
  const kept = fraction.slice(0, digits).padEnd(digits, '0');
  if (/[1-9]/.test(fraction.slice(digits))) {
    throw new RangeError(`the value ${digits === 0 ? 'is not a whole number' : `has more than ${digits} decimals`}`);
  }
  return BigInt(`${sign === '-' ? '-' : ''}${units}${kept}`);
}
