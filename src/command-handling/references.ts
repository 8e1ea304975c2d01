/** The ids of other records in a command's input. */
import type { AnyField, AnyFields } from '../../contracts/fields/index.js';
import type { RecordTypeName } from '../../contracts/record-types.js';
import type { Command } from '../kernel/command.js';

export interface ReferencedId {
  readonly type: RecordTypeName;
  readonly id: string;
  readonly field: string;
}

/** The values of all reference fields, including nested ones. */
export function referencedIds({ definition, input }: Command): readonly ReferencedId[] {
  return inFields(definition.own, input, '');
}

function inFields(fields: AnyFields, values: Readonly<Record<string, unknown>>, path: string): readonly ReferencedId[] {
  if (!refers(fields)) return [];
  return Object.entries(fields).flatMap(([name, field]) => inValue(field, values[name], path + name));
}

function inValue({ kind }: AnyField, value: unknown, path: string): readonly ReferencedId[] {
  if (value === undefined || value === null) return [];
  if (kind.refersTo) return [{ type: kind.refersTo, id: value as string, field: path }];
  if (kind.fields) return inFields(kind.fields, value as Readonly<Record<string, unknown>>, `${path}.`);
  const { entry } = kind;
  return entry ? (value as readonly unknown[]).flatMap((each, index) => inValue(entry, each, `${path}.${index}`)) : [];
}

const known = new WeakMap<AnyFields, boolean>();

/** Whether there are references among the fields. Most commands have none; then their input is not searched. */
function refers(fields: AnyFields): boolean {
  let answer = known.get(fields);
  if (answer === undefined) {
    answer = Object.values(fields).some(holds);
    known.set(fields, answer);
  }
  return answer;
}

function holds({ kind }: AnyField): boolean {
  return (
    kind.refersTo !== undefined || (kind.entry !== undefined && holds(kind.entry)) || (kind.fields !== undefined && refers(kind.fields))
  );
}
