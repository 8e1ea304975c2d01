/** The hash that identifies a command by its name and input. */
import { hash } from 'node:crypto';
import type { AnyField } from '../../contracts/fields/index.js';
import type { Command } from '../kernel/command.js';

/**
 * SHA-256, in hex, of a command's name and input values, whatever their order. Values that are left out or equal to their default are not
 * part of it, so that a later release can add fields; nor is the request's metadata.
 */
export function commandHash({ definition, id, occurredAt, input }: Command): string {
  const values: Readonly<Record<string, unknown>> = { ...input, id, occurredAt };
  const names = Object.keys(values).sort();
  const present = names.flatMap((name) => {
    const value = values[name];
    return isLeftOut(definition.fields[name], value) ? [] : [[name, ordered(value)]];
  });
  return hash('sha256', JSON.stringify([definition.name, ...present]));
}

/** Whether a value equals that of a field that was left out. In a `clearable` field, null is a value. */
function isLeftOut(field: AnyField | undefined, value: unknown): boolean {
  if (value === undefined) return true;
  if (value === null) return field?.absence !== 'clearable';
  return field?.absence === 'defaulted' && JSON.stringify(ordered(value)) === JSON.stringify(ordered(field.fallback));
}

/** The value with the fields of nested objects sorted, without nulls. */
function ordered(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(ordered);
  return Object.entries(value)
    .filter(([, each]) => each !== undefined && each !== null)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, each]) => [name, ordered(each)]);
}
