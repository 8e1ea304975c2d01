/** The hash that identifies a command by its name and input. */
import { hash } from 'node:crypto';
import type { AnyField, AnyFields, Kind } from '../../contracts/fields/kind.js';
import type { Command } from '../kernel/command.js';

/**
 * SHA-256, in hex, of a command's name and input values, whatever their order. Values that are left out or equal to their default are not
 * part of it, in nested objects as well, so that a later release can add fields; nor is the request's metadata.
 */
export function commandHash({ definition, id, occurredAt, input }: Command): string {
  return hash('sha256', JSON.stringify([definition.name, ...given(definition.fields, { ...input, id, occurredAt })]));
}

/** The values that are part of the hash, each with its name, in the order of the names. */
function given(fields: AnyFields | undefined, values: object): readonly (readonly [name: string, value: unknown])[] {
  return Object.entries(values)
    .filter(([name, value]) => !isLeftOut(fields?.[name], value))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => [name, ordered(fields?.[name]?.kind, value)]);
}

/** Whether a value equals that of a field that was left out. In a `clearable` field, null is a value. */
function isLeftOut(field: AnyField | undefined, value: unknown): boolean {
  if (value === undefined) return true;
  if (value === null) return field?.absence !== 'clearable';
  return (
    field?.absence === 'defaulted' && JSON.stringify(ordered(field.kind, value)) === JSON.stringify(ordered(field.kind, field.fallback))
  );
}

/** The value with the fields of nested objects sorted, without those that are left out. */
function ordered(kind: Kind | undefined, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((entry) => ordered(kind?.entry?.kind, entry));
  return given(kind?.fields, value);
}
