/** What mappings can call besides CEL's own functions. Of an empty text each makes nothing, so that a field that is not known stays away. */
import type { Environment } from '@marcbachmann/cel-js';
import { derivedId } from '../kernel/derived-id.js';
import { dayOf, readDay, readInstant } from './local-time.js';
import { isFound, type Row } from './csv-source.js';

const TIME = 'google.protobuf.Timestamp';

/** Adds the functions; ids derive from the mapping's name, times without a zone are in `timeZone`. */
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

/** The id of what a mapping imports: `kind` tells it from other records of the same key. */
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
 * A decimal number as a whole number of its smallest units: `minorUnits('12.5', 2)` is 1250n.
 * @throws RangeError when it is not one, or is finer than the smallest unit.
 */
function minorUnits(text: string, digits: number): bigint {
  const match = /^([+-]?)(\d+)(?:\.(\d*))?$/.exec(text.trim());
  if (!match) throw new RangeError('the value is not a number such as 1234.50; take out other signs with replace(text, from, to)');
  const [, sign, units = '', fraction = ''] = match;
  const kept = fraction.slice(0, digits).padEnd(digits, '0');
  if (/[1-9]/.test(fraction.slice(digits))) {
    throw new RangeError(`the value ${digits === 0 ? 'is not a whole number' : `has more than ${digits} decimals`}`);
  }
  return BigInt(`${sign === '-' ? '-' : ''}${units}${kept}`);
}
